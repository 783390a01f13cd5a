Feature: Authorized login
  A user who is logged in at a channel's app clicks on the icon of an industry service. UCSP verifies that this channel may
  open that service, tells the industry who comes, and gives the app an address with a ticket in it. Whoever opens that
  address first is logged in there, without doing anything more.

  Each scenario ends with the messages that crossed, as the partners recorded them. That the user agreed to pass on the
  data, and the page that opens at the end, are between the user, the app and the industry.

  Rule: Who is logged in at the channel is logged in at the industry

    Scenario Outline: The chart
      Given a user of <channel> whose mobile number it knows
      When the user opens Kerbside Parking
      Then the channel is told 00 "Approved"
      And the channel has an address at the industry
      And Kerbside Parking learns the mobile number of the user
      When the app opens the address
      Then the user is logged in at the industry
      And nothing of what was told of the user is kept
      And the messages were
        | from             | to               | message                |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO    |
        | Industry Service | UCSP             | INDUSTRY_LOGIN_INFO 00 |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 00  |

      Examples:
        | channel      |
        | Harbour Life |
        | Peak Life    |

    Scenario Outline: An industry learns what it may know, and no more
      Given a user of Harbour Life <known>
      When the user opens <service>
      Then the channel is told 00 "Approved"
      And <service> learns <told> of the user
      And the messages were
        | from             | to               | message                |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO    |
        | Industry Service | UCSP             | INDUSTRY_LOGIN_INFO 00 |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 00  |

      Examples:
        | known                        | service          | told                                      |
        | of whom it knows everything  | Kerbside Parking | the mobile number and the e-mail address  |
        | of whom it knows everything  | Junk Boat Travel | the e-mail address and the identity card  |
        | whose mobile number it knows | Junk Boat Travel | nothing                                   |
        | of whom it knows nothing     | Junk Boat Travel | nothing                                   |

    Scenario Outline: The language that the user reads, or else the industry's own
      Given a user of Harbour Life whose mobile number it knows
      And the app of the channel says that the user reads <reads>
      When the user opens Kerbside Parking
      Then Kerbside Parking is to speak <speaks>
      And the messages were
        | from             | to               | message                |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO    |
        | Industry Service | UCSP             | INDUSTRY_LOGIN_INFO 00 |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 00  |

      Examples:
        | reads   | speaks  |
        | Chinese | Chinese |
        | French  | English |

    Scenario: The address opens the door once
      Given a user of Harbour Life whose mobile number it knows
      When the user opens Kerbside Parking
      And the app opens the address
      Then the user is logged in at the industry
      When the app opens the address
      Then the industry shows a closed door, which was used before
      And the messages were
        | from             | to               | message                |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO    |
        | Industry Service | UCSP             | INDUSTRY_LOGIN_INFO 00 |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 00  |

    Scenario: The address opens the door for a minute
      Given a user of Harbour Life whose mobile number it knows
      When the user opens Kerbside Parking
      And a minute passes
      And the app opens the address
      Then the industry shows a closed door, which was open too long ago
      When the user opens Kerbside Parking once more
      Then the channel is told 00 "Approved"
      And it is another address
      When the app opens the address
      Then the user is logged in at the industry
      And the messages were
        | from             | to               | message                |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO    |
        | Industry Service | UCSP             | INDUSTRY_LOGIN_INFO 00 |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 00  |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO    |
        | Industry Service | UCSP             | INDUSTRY_LOGIN_INFO 00 |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 00  |

    Scenario: The same message again
      Given a user of Harbour Life whose mobile number it knows
      When the user opens Kerbside Parking
      And the app of the channel sends the same message again
      Then the channel is told 00 "Approved"
      And it is the address that it was given before
      And Kerbside Parking was told of the user once
      And the messages were
        | from             | to               | message                |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO    |
        | Industry Service | UCSP             | INDUSTRY_LOGIN_INFO 00 |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 00  |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 00  |

    Scenario: The same message with another content
      Given a user of Harbour Life whose mobile number it knows
      When the user opens Kerbside Parking
      And the app of the channel sends the same message again for another user
      Then the channel is told 78 "Duplicate request"
      And the channel has no address
      And the messages were
        | from             | to               | message                |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO    |
        | Industry Service | UCSP             | INDUSTRY_LOGIN_INFO 00 |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 00  |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 78  |

  Rule: The channel says who it is, and seals what it tells of its users

    Scenario Outline: A message that is not as it should be
      Given a user of Harbour Life whose mobile number it knows
      And the app of the channel <fault>
      When the user opens Kerbside Parking
      Then the channel is told 30 "Message format error"
      And the channel is told that <member> is wrong
      And the channel has no address
      And the messages were
        | from        | to          | message               |
        | Channel APP | UCSP        | CHANNEL_LOGIN_INFO    |
        | UCSP        | Channel APP | CHANNEL_LOGIN_INFO 30 |

      Examples:
        | fault                                  | member    |
        | sends the mobile number in clear       | mobile    |
        | says where the user is, but half of it | latitude  |

    Scenario: An identity card that cannot be
      Given a user of Harbour Life whose identity card it misread
      When the user opens Junk Boat Travel
      Then the channel is told 30 "Message format error"
      And the channel is told that encData.idNo is wrong
      And the messages were
        | from        | to          | message               |
        | Channel APP | UCSP        | CHANNEL_LOGIN_INFO    |
        | UCSP        | Channel APP | CHANNEL_LOGIN_INFO 30 |

    Scenario Outline: A channel that is not who it says, or seals for another
      Given a user of Harbour Life whose mobile number it knows
      And the app of the channel <fault>
      When the user opens Kerbside Parking
      Then the channel is told A0 "Signature verification fails."
      And the channel has no address
      And the messages were
        | from        | to          | message               |
        | Channel APP | UCSP        | CHANNEL_LOGIN_INFO    |
        | UCSP        | Channel APP | CHANNEL_LOGIN_INFO A0 |

      Examples:
        | fault                        |
        | gives itself out for another |
        | seals for somebody else      |

  Rule: UCSP verifies the channel, the industry, what the two agreed on, and what the industry needs

    Scenario: A channel that is not live yet
      Given a user of Harbour Life whose mobile number it knows
      And the channel is still being tested
      When the user opens Kerbside Parking
      Then the channel is told 62 "Restricted transaction"
      And the channel has no address
      And the messages were
        | from        | to          | message               |
        | Channel APP | UCSP        | CHANNEL_LOGIN_INFO    |
        | UCSP        | Channel APP | CHANNEL_LOGIN_INFO 62 |

    Scenario: A channel that is suspended
      Given a user of Harbour Life whose mobile number it knows
      And the channel has been suspended
      When the user opens Kerbside Parking
      Then the channel is turned away at the gate
      And the messages were
        | from        | to          | message               |
        | Channel APP | UCSP        | CHANNEL_LOGIN_INFO    |
        | UCSP        | Channel APP | CHANNEL_LOGIN_INFO E0 |

    Scenario Outline: An industry that is not there
      Given a user of Harbour Life whose mobile number it knows
      And <trouble>
      When the user opens Kerbside Parking
      Then the channel is told 03 "Invalid merchant"
      And the channel has no address
      And the messages were
        | from        | to          | message               |
        | Channel APP | UCSP        | CHANNEL_LOGIN_INFO    |
        | UCSP        | Channel APP | CHANNEL_LOGIN_INFO 03 |

      Examples:
        | trouble                                                   |
        | the app of the channel asks for a service that nobody has |
        | Kerbside Parking is still being tested                    |
        | Kerbside Parking has been suspended                       |

    Scenario Outline: The two have not agreed
      Given a user of Harbour Life whose mobile number it knows
      And the channel <grant> Kerbside Parking
      When the user opens Kerbside Parking
      Then the channel is told 40 "The transaction is not supported by the issuer."
      And the channel has no address
      When the user opens Junk Boat Travel
      Then the channel is told 00 "Approved"
      And the messages were
        | from             | to               | message                |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 40  |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO    |
        | Industry Service | UCSP             | INDUSTRY_LOGIN_INFO 00 |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 00  |

      Examples:
        | grant                      |
        | has applied for            |
        | was suspended at           |
        | has lost the right to open |
        | may from tomorrow on open  |
        | might until yesterday open |

    Scenario: What was agreed begins
      Given a user of Harbour Life whose mobile number it knows
      And the channel may from tomorrow on open Kerbside Parking
      When the user opens Kerbside Parking
      Then the channel is told 40 "The transaction is not supported by the issuer."
      When the next day comes
      And the user opens Kerbside Parking once more
      Then the channel is told 00 "Approved"
      And the messages were
        | from             | to               | message                |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 40  |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO    |
        | Industry Service | UCSP             | INDUSTRY_LOGIN_INFO 00 |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 00  |

    Scenario: What was agreed ends
      Given a user of Harbour Life whose mobile number it knows
      And the channel may until tomorrow open Kerbside Parking
      When the user opens Kerbside Parking
      Then the channel is told 00 "Approved"
      When the next day comes
      And the user opens Kerbside Parking once more
      Then the channel is told 40 "The transaction is not supported by the issuer."
      And the messages were
        | from             | to               | message                |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO    |
        | Industry Service | UCSP             | INDUSTRY_LOGIN_INFO 00 |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 00  |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 40  |

    Scenario: The industry needs what the channel does not know
      Given a user of Harbour Life of whom it knows an e-mail address only
      When the user opens Kerbside Parking
      Then the channel is told 70 "Validation error from issuer"
      And the channel has no address
      And the messages were
        | from        | to          | message               |
        | Channel APP | UCSP        | CHANNEL_LOGIN_INFO    |
        | UCSP        | Channel APP | CHANNEL_LOGIN_INFO 70 |

  Rule: No address that the industry does not know of

    Scenario Outline: The industry says nothing that counts
      Given a user of Harbour Life whose mobile number it knows
      And the industry <fault>
      When the user opens Kerbside Parking
      Then the channel is told 98 "Timeout"
      And the channel has no address
      When the app of the channel sends the same message again
      Then the channel is told 98 "Timeout"
      When the user opens Kerbside Parking once more
      Then the channel is told 00 "Approved"
      And it is another address
      And the messages were
        | from             | to               | message                |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO    |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 98  |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 98  |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO    |
        | Industry Service | UCSP             | INDUSTRY_LOGIN_INFO 00 |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 00  |

      Examples:
        | fault                                      |
        | does not answer                            |
        | takes the ticket, but its answer gets lost |

    Scenario Outline: The industry says what cannot be believed
      Given a user of Harbour Life whose mobile number it knows
      And the industry <fault>
      When the user opens Kerbside Parking
      Then the channel is told 98 "Timeout"
      And the channel has no address
      And the messages were
        | from             | to               | message                    |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO         |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO        |
        | Industry Service | UCSP             | INDUSTRY_LOGIN_INFO <what> |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 98      |

      Examples:
        | fault                          | what           |
        | answers with garbage           | unreadable     |
        | answers with a false signature | wrongly signed |

    Scenario Outline: The industry refuses
      Given a user of Harbour Life whose mobile number it knows
      And the industry says <word>
      When the user opens Kerbside Parking
      Then the channel is told 91 "Issuer system error"
      And the channel has no address
      And the messages were
        | from             | to               | message                    |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO         |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO        |
        | Industry Service | UCSP             | INDUSTRY_LOGIN_INFO <word> |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 91      |

      Examples:
        | word |
        | 96   |
        | 57   |

    Scenario: The industry cannot be reached
      Given a user of Harbour Life whose mobile number it knows
      And the industry cannot be reached
      When the user opens Kerbside Parking
      Then the channel is told 92 "Network error"
      And the channel has no address
      When the industry can be reached again
      And the user opens Kerbside Parking once more
      Then the channel is told 00 "Approved"
      And the messages were
        | from             | to               | message                |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 92  |
        | Channel APP      | UCSP             | CHANNEL_LOGIN_INFO     |
        | UCSP             | Industry Service | INDUSTRY_LOGIN_INFO    |
        | Industry Service | UCSP             | INDUSTRY_LOGIN_INFO 00 |
        | UCSP             | Channel APP      | CHANNEL_LOGIN_INFO 00  |

  Rule: A channel sees which services there are, and how far it has come with each

    Scenario Outline: The list
      Given a user of Harbour Life of whom it knows nothing
      And the channel <grant> Kerbside Parking
      When the app of the channel asks which services there are
      Then the channel is told 00 "Approved"
      And Kerbside Parking is <state> to it
      And Junk Boat Travel is GRANTED to it
      And the messages were
        | from        | to          | message              |
        | Channel APP | UCSP        | GET_INDUSTRY_LIST    |
        | UCSP        | Channel APP | GET_INDUSTRY_LIST 00 |

      Examples:
        | grant                      | state   |
        | may until tomorrow open    | GRANTED |
        | has applied for            | APPLIED |
        | was suspended at           | APPLIED |
        | may from tomorrow on open  | APPLIED |
        | might until yesterday open | OPEN    |
        | has lost the right to open | OPEN    |

    Scenario: A service that is not live is not in the list
      Given a user of Harbour Life of whom it knows nothing
      And Kerbside Parking is still being tested
      When the app of the channel asks which services there are
      Then Kerbside Parking is not in the list
      And Junk Boat Travel is GRANTED to it
      And the messages were
        | from        | to          | message              |
        | Channel APP | UCSP        | GET_INDUSTRY_LIST    |
        | UCSP        | Channel APP | GET_INDUSTRY_LIST 00 |
