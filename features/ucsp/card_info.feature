Feature: Get card info
  An industry service asks for the cards that a logged-in user has in the channel's app. UCSP asks the channel, and passes
  on the cards with their numbers masked. When the user has selected one, the industry asks for it, and gets its token (or
  its PAN, where channel and industry agreed on that) and its expiry, sealed for this industry alone.

  What was shown to whom is kept for ten minutes, and who asked for which card stands on record. The card itself is kept
  nowhere. That the user selects a card on the industry's page is between the user and the industry.

  Rule: An industry sees the cards of a user who came in, and gets the one that the user selects

    Scenario Outline: The chart
      Given a user of <channel> with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      When Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 00 "Approved"
      And it sees the card, masked
      When the user selects the card
      Then Kerbside Parking is told 00 "Approved"
      And it has the token of the card and its expiry, sealed for it alone
      And the record of the user's card says: Kerbside Parking, granted, the token
      And nothing of the card is kept but what the user saw
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD    |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00 |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 00 |

      Examples:
        | channel      |
        | Harbour Life |
        | Peak Life    |

    Scenario: Several cards
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has a second card in the app
      And the user has opened Kerbside Parking
      When Kerbside Parking asks for the user's cards
      Then it sees both cards, masked
      And the messages were
        | from             | to               | message          |
        | Industry Service | UCSP             | GET_CARD_LIST    |
        | UCSP             | Channel APP      | GET_CARD_LIST    |
        | Channel APP      | UCSP             | GET_CARD_LIST 00 |
        | UCSP             | Industry Service | GET_CARD_LIST 00 |

    Scenario: A card is shown once, however often the channel names it
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the app of the channel shows the card twice
      And the user has opened Kerbside Parking
      When Kerbside Parking asks for the user's cards
      Then it sees the card, masked
      And the messages were
        | from             | to               | message          |
        | Industry Service | UCSP             | GET_CARD_LIST    |
        | UCSP             | Channel APP      | GET_CARD_LIST    |
        | Channel APP      | UCSP             | GET_CARD_LIST 00 |
        | UCSP             | Industry Service | GET_CARD_LIST 00 |

    Scenario: A user without cards
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has no card in the app
      And the user has opened Kerbside Parking
      When Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 00 "Approved"
      And it sees no card
      And the messages were
        | from             | to               | message          |
        | Industry Service | UCSP             | GET_CARD_LIST    |
        | UCSP             | Channel APP      | GET_CARD_LIST    |
        | Channel APP      | UCSP             | GET_CARD_LIST 00 |
        | UCSP             | Industry Service | GET_CARD_LIST 00 |

    Scenario: The channel is asked anew each time, and each time is on record
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      When Kerbside Parking asks for the user's cards
      And the user selects the card
      And the user selects the card once more
      Then Kerbside Parking is told 00 "Approved"
      And the record of the user's card has two lines
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD    |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00 |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 00 |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD    |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00 |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 00 |

  Rule: Tokens only, unless channel and industry agreed on PANs

    Scenario: A PAN that nobody agreed on
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the app of the channel tells PANs
      And the user has opened Kerbside Parking
      When Kerbside Parking asks for the user's cards
      And the user selects the card
      Then Kerbside Parking is told 62 "Restricted transaction"
      And the record of the user's card says: Kerbside Parking, refused with 62
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD    |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00 |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 62 |

    Scenario: A PAN that was agreed on
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the app of the channel tells PANs
      And the user has opened Kerbside Parking
      When the agreement with Kerbside Parking allows PANs
      And Kerbside Parking asks for the user's cards
      And the user selects the card
      Then Kerbside Parking is told 00 "Approved"
      And it has the PAN of the card and its expiry, sealed for it alone
      And the record of the user's card says: Kerbside Parking, granted, the PAN
      And nothing of the card is kept but what the user saw
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD    |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00 |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 00 |

  Rule: Only while the user is logged in there, and the agreement holds

    Scenario: Nobody came in
      Given a user of Harbour Life with a card of Bauhinia Bank
      When Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 57 "Transaction not permitted to cardholder"
      When the user selects the card
      Then Kerbside Parking is told 57 "Transaction not permitted to cardholder"
      And the record of the user's card says: Kerbside Parking, refused with 57
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Industry Service | GET_CARD_LIST 57    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 57 |

    Scenario: The user came in somewhere else
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Junk Boat Travel
      When Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 57 "Transaction not permitted to cardholder"
      When Junk Boat Travel asks for the user's cards
      Then Junk Boat Travel is told 00 "Approved"
      And the messages were
        | from             | to               | message          |
        | Industry Service | UCSP             | GET_CARD_LIST    |
        | UCSP             | Industry Service | GET_CARD_LIST 57 |
        | Industry Service | UCSP             | GET_CARD_LIST    |
        | UCSP             | Channel APP      | GET_CARD_LIST    |
        | Channel APP      | UCSP             | GET_CARD_LIST 00 |
        | UCSP             | Industry Service | GET_CARD_LIST 00 |

    Scenario: The login has ended
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      When Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 00 "Approved"
      When 31 minutes pass
      And Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 57 "Transaction not permitted to cardholder"
      When the user selects the card
      Then Kerbside Parking is told 57 "Transaction not permitted to cardholder"
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Industry Service | GET_CARD_LIST 57    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 57 |

    Scenario Outline: Whoever guesses users or channels learns nothing
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      When Kerbside Parking asks for <whose>
      Then Kerbside Parking is told 57 "Transaction not permitted to cardholder"
      And the messages were
        | from             | to               | message          |
        | Industry Service | UCSP             | GET_CARD_LIST    |
        | UCSP             | Industry Service | GET_CARD_LIST 57 |

      Examples:
        | whose                                                |
        | the cards of somebody whom the channel does not know |
        | the cards of the user at a channel that there is not |

    Scenario Outline: The agreement does not hold any more, whoever is logged in
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      When Kerbside Parking asks for the user's cards
      And the agreement with Kerbside Parking <later>
      And the user selects the card
      Then Kerbside Parking is told 40 "The transaction is not supported by the issuer."
      And the record of the user's card says: Kerbside Parking, refused with 40
      When Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 40 "The transaction is not supported by the issuer."
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 40 |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Industry Service | GET_CARD_LIST 40    |

      Examples:
        | later            |
        | is suspended     |
        | is revoked       |
        | comes to its end |

    Scenario Outline: A party that is not live
      Given a user of Harbour Life with a card of Bauhinia Bank
      And <trouble>
      When Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 62 "Restricted transaction"
      When the user selects the card
      Then Kerbside Parking is told 62 "Restricted transaction"
      And the record of the user's card says: Kerbside Parking, refused with 62
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Industry Service | GET_CARD_LIST 62    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 62 |

      Examples:
        | trouble                                |
        | the channel is still being tested      |
        | the channel has been suspended         |
        | Kerbside Parking is still being tested |

    Scenario: An industry that is suspended
      Given a user of Harbour Life with a card of Bauhinia Bank
      And Kerbside Parking has been suspended
      When Kerbside Parking asks for the user's cards
      Then Kerbside Parking is turned away at the gate
      When the user selects the card
      Then Kerbside Parking is turned away at the gate
      And the record of the user's card is empty
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Industry Service | GET_CARD_LIST E0    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD E0 |

  Rule: Only a card that the user was shown there, in the last ten minutes

    Scenario: Nothing was shown
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      When the user selects the card
      Then Kerbside Parking is told 14 "Invalid card number"
      And the record of the user's card says: Kerbside Parking, refused with 14
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 14 |

    Scenario: It was shown too long ago
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      When Kerbside Parking asks for the user's cards
      And 10 minutes pass
      And the user selects the card
      Then Kerbside Parking is told 14 "Invalid card number"
      When Kerbside Parking asks for the user's cards
      And the user selects the card
      Then Kerbside Parking is told 00 "Approved"
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 14 |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD    |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00 |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 00 |

    Scenario: It was shown nine minutes ago
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      When Kerbside Parking asks for the user's cards
      And 9 minutes pass
      And the user selects the card
      Then Kerbside Parking is told 00 "Approved"
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD    |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00 |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 00 |

    Scenario Outline: A card of somebody else, or of nobody
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      When Kerbside Parking asks for the user's cards
      And Kerbside Parking asks for a card <which>
      Then Kerbside Parking is told 14 "Invalid card number"
      And the record of the user's card says: Kerbside Parking, refused with 14
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 14 |

      Examples:
        | which               |
        | of another user     |
        | that it has guessed |

    Scenario: It was shown to another industry
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      And the user has opened Junk Boat Travel
      When Kerbside Parking asks for the user's cards
      And Junk Boat Travel asks for the card that Kerbside Parking was shown
      Then Junk Boat Travel is told 14 "Invalid card number"
      And the record of the user's card says: Junk Boat Travel, refused with 14
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 14 |

  Rule: A channel that does not answer, refuses, or is not to be believed

    Scenario Outline: The channel says nothing
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      And the channel, asked for the list, <fault>
      When Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 98 "Timeout"
      When Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 00 "Approved"
      And the messages were
        | from             | to               | message          |
        | Industry Service | UCSP             | GET_CARD_LIST    |
        | UCSP             | Channel APP      | GET_CARD_LIST    |
        | UCSP             | Industry Service | GET_CARD_LIST 98 |
        | Industry Service | UCSP             | GET_CARD_LIST    |
        | UCSP             | Channel APP      | GET_CARD_LIST    |
        | Channel APP      | UCSP             | GET_CARD_LIST 00 |
        | UCSP             | Industry Service | GET_CARD_LIST 00 |

      Examples:
        | fault                             |
        | says nothing                      |
        | answers, and the answer gets lost |

    Scenario Outline: The channel says what cannot be believed
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      And the channel, asked for the list, <fault>
      When Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 98 "Timeout"
      And the messages were
        | from             | to               | message              |
        | Industry Service | UCSP             | GET_CARD_LIST        |
        | UCSP             | Channel APP      | GET_CARD_LIST        |
        | Channel APP      | UCSP             | GET_CARD_LIST <what> |
        | UCSP             | Industry Service | GET_CARD_LIST 98     |

      Examples:
        | fault                          | what                |
        | answers with garbage           | unreadable          |
        | answers with a false signature | wrongly signed      |
        | answers another message        | for another message |

    Scenario: The channel refuses
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      And the channel, asked for the list, says 96
      When Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 91 "Issuer system error"
      And the messages were
        | from             | to               | message          |
        | Industry Service | UCSP             | GET_CARD_LIST    |
        | UCSP             | Channel APP      | GET_CARD_LIST    |
        | Channel APP      | UCSP             | GET_CARD_LIST 96 |
        | UCSP             | Industry Service | GET_CARD_LIST 91 |

    Scenario: The channel cannot be reached
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      And the channel cannot be reached
      When Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 92 "Network error"
      When the channel can be reached again
      And Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 00 "Approved"
      And the messages were
        | from             | to               | message          |
        | Industry Service | UCSP             | GET_CARD_LIST    |
        | UCSP             | Industry Service | GET_CARD_LIST 92 |
        | Industry Service | UCSP             | GET_CARD_LIST    |
        | UCSP             | Channel APP      | GET_CARD_LIST    |
        | Channel APP      | UCSP             | GET_CARD_LIST 00 |
        | UCSP             | Industry Service | GET_CARD_LIST 00 |

    Scenario Outline: A list that is not as it should be is passed on to nobody
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      And the app of the channel shows <what>
      When Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 98 "Timeout"
      When the user selects the card
      Then Kerbside Parking is told 14 "Invalid card number"
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 98    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 14 |

      Examples:
        | what                                          |
        | a card number that is not masked              |
        | a card number with four digits hidden too few |
        | a card without an identifier                  |
        | a card whose identifier is a card number      |
        | more cards than anybody has                   |
        | no list at all                                |

    Scenario Outline: The channel says nothing about the card
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      And the channel, asked for the card, <fault>
      When Kerbside Parking asks for the user's cards
      And the user selects the card
      Then Kerbside Parking is told 98 "Timeout"
      And the record of the user's card says: Kerbside Parking, refused with 98
      When the user selects the card
      Then Kerbside Parking is told 00 "Approved"
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD    |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 98 |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD    |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00 |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 00 |

      Examples:
        | fault                             |
        | says nothing                      |
        | answers, and the answer gets lost |

    Scenario Outline: The channel says of the card what cannot be believed
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      And the channel, asked for the card, <fault>
      When Kerbside Parking asks for the user's cards
      And the user selects the card
      Then Kerbside Parking is told 98 "Timeout"
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | GET_CARD_LIST           |
        | UCSP             | Channel APP      | GET_CARD_LIST           |
        | Channel APP      | UCSP             | GET_CARD_LIST 00        |
        | UCSP             | Industry Service | GET_CARD_LIST 00        |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD        |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD        |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD <what> |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 98     |

      Examples:
        | fault                          | what                |
        | answers with garbage           | unreadable          |
        | answers with a false signature | wrongly signed      |
        | answers another message        | for another message |

    Scenario: The channel does not give the card
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      And the channel, asked for the card, says 14
      When Kerbside Parking asks for the user's cards
      And the user selects the card
      Then Kerbside Parking is told 91 "Issuer system error"
      And the record of the user's card says: Kerbside Parking, refused with 91
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD    |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 14 |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 91 |

    Scenario: The channel cannot be reached when the user selects
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      When Kerbside Parking asks for the user's cards
      Then Kerbside Parking is told 00 "Approved"
      When the channel goes away
      And the user selects the card
      Then Kerbside Parking is told 92 "Network error"
      And the record of the user's card says: Kerbside Parking, refused with 92
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 92 |

    Scenario Outline: A card that is not as it should be is passed on to nobody
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      And the app of the channel tells <what>
      When Kerbside Parking asks for the user's cards
      And the user selects the card
      Then Kerbside Parking is told 98 "Timeout"
      And the record of the user's card says: Kerbside Parking, refused with 98
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD    |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00 |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 98 |

      Examples:
        | what                                   |
        | neither token nor PAN                  |
        | a number that is no card's             |
        | a card that ends in a thirteenth month |

    Scenario: A card that is sealed for somebody else
      Given a user of Harbour Life with a card of Bauhinia Bank
      And the user has opened Kerbside Parking
      And the app of the channel seals the card for somebody else
      When Kerbside Parking asks for the user's cards
      And the user selects the card
      Then Kerbside Parking is told 98 "Timeout"
      And the messages were
        | from             | to               | message             |
        | Industry Service | UCSP             | GET_CARD_LIST       |
        | UCSP             | Channel APP      | GET_CARD_LIST       |
        | Channel APP      | UCSP             | GET_CARD_LIST 00    |
        | UCSP             | Industry Service | GET_CARD_LIST 00    |
        | Industry Service | UCSP             | GET_CARD_PAYLOAD    |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD    |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00 |
        | UCSP             | Industry Service | GET_CARD_PAYLOAD 98 |
