Feature: Issuing a virtual card, open new account
  Somebody without an account applies for a card in an app. SCIS has the bank verify who it is, has it open an account,
  and issues a virtual card on that account. The app gets a token to pay with, and the card's number sealed for it alone.

  Each scenario ends with the messages that crossed, as the partners recorded them. A number behind a message
  is the code of an answer; a request that no answer follows stayed without one.

  Rule: A verified applicant gets one account and one card

    Scenario Outline: The chart
      Given an applicant of <app>
      When the app has the applicant verified
      Then the app is told 00 "Approved"
      And the app has a reference of the verification
      When the app opens an account
      Then the app is told 00 "Approved"
      And the applicant has a new card
      And the bank has opened one account
      And HKD 1000.00 is left on the account
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | Core Banking System | OPEN_ACCOUNT        |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00     |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00     |

      Examples:
        | app            |
        | Harbour Wallet |
        | Peak Pay       |

    Scenario: The new card pays
      Given an applicant whom the bank has verified
      When the app opens an account
      And the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      And the bank has booked HKD 30.00 once
      And HKD 970.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | KYC_VERIFICATION           |
        | SCIS                | Core Banking System | KYC_VERIFICATION           |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00        |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00        |
        | App Gateway         | SCIS                | OPEN_ACCOUNT               |
        | SCIS                | Core Banking System | OPEN_ACCOUNT               |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00            |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00            |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The app asks first what must be known of an applicant
      Given an applicant
      When the app asks what must be known of an applicant
      Then the app is told 00 "Approved"
      And the app learns that it must send firstName, lastName, idType, idNo, idCountry and mobileNo
      When the app has the applicant verified
      Then the app is told 00 "Approved"
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CVM_INQUIRY         |
        | SCIS                | App Gateway         | CVM_INQUIRY 00      |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |

    Scenario: The same messages again
      Given an applicant whom the bank has verified
      When the app repeats its verification
      Then the app is told 00 "Approved"
      And the app has a reference of the verification
      When the app opens an account
      And the app repeats its request for an account
      Then the app is told 00 "Approved"
      And it is the card that the app was given before
      And the bank has opened one account
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | Core Banking System | OPEN_ACCOUNT        |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00     |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00     |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00     |

    Scenario: The same message with another content
      Given an applicant whom the bank has verified
      When the app opens an account
      And the app repeats its request for an account on another phone
      Then the app is told 78 "Duplicate request"
      And the app has no card
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | Core Banking System | OPEN_ACCOUNT        |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00     |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00     |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 78     |

  Rule: Nobody gets a card whom the bank has not verified

    Scenario Outline: The bank does not verify the applicant, and no account can be opened
      Given an applicant
      And the bank says <word> about the applicant
      When the app has the applicant verified
      Then the app is told <code> "<text>"
      When the app opens an account
      Then the app is told 93 "Invalid enroll state"
      And the bank has opened no account
      When the app repeats its verification
      Then the app is told <code> "<text>"
      And the messages were
        | from                | to                  | message                 |
        | App Gateway         | SCIS                | KYC_VERIFICATION        |
        | SCIS                | Core Banking System | KYC_VERIFICATION        |
        | Core Banking System | SCIS                | KYC_VERIFICATION <word> |
        | SCIS                | App Gateway         | KYC_VERIFICATION <code> |
        | App Gateway         | SCIS                | OPEN_ACCOUNT            |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 93         |
        | App Gateway         | SCIS                | KYC_VERIFICATION        |
        | SCIS                | App Gateway         | KYC_VERIFICATION <code> |

      Examples:
        | word | code | text                           |
        | 05   | 05   | Cardholder verification fails. |
        | 30   | 70   | Validation error from issuer   |

    Scenario: The bank does not answer, and the applicant tries again
      Given an applicant
      And the bank does not answer who the applicant is
      When the app has the applicant verified
      Then the app is told 98 "Timeout"
      When the app has the applicant verified
      Then the app is told 00 "Approved"
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | SCIS                | App Gateway         | KYC_VERIFICATION 98 |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |

    Scenario: The bank cannot be reached
      Given an applicant
      And the bank cannot be reached
      When the app has the applicant verified
      Then the app is told 92 "Network error"
      And the messages were
        | from        | to          | message             |
        | App Gateway | SCIS        | KYC_VERIFICATION    |
        | SCIS        | App Gateway | KYC_VERIFICATION 92 |

    Scenario: The app does not wait for the verification
      Given an applicant
      When the app opens an account while the bank still verifies
      Then the earlier message is answered 00 "Approved"
      And the message meanwhile is answered 93 "Invalid enroll state"
      And the bank has opened no account
      When the app opens an account
      Then the app is told 00 "Approved"
      And the bank has opened one account
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 93     |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | Core Banking System | OPEN_ACCOUNT        |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00     |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00     |

    Scenario: The app does not wait for the account, and says the same again
      Given an applicant whom the bank has verified
      When the app opens an account, and repeats its message before the bank has answered
      Then the earlier message is answered 00 "Approved"
      And the message meanwhile is answered 04 "Pending. Transaction result is unknown. Please check later."
      When the app repeats its request for an account
      Then the app is told 00 "Approved"
      And it is the card that the app was given before
      And the bank has opened one account
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | Core Banking System | OPEN_ACCOUNT        |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 04     |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00     |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00     |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00     |

    Scenario: The app does not wait for the account, and wants another
      Given an applicant whom the bank has verified
      When the app opens an account, and opens another before the bank has answered
      Then the earlier message is answered 00 "Approved"
      And the message meanwhile is answered 93 "Invalid enroll state"
      And the bank has opened one account
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | Core Banking System | OPEN_ACCOUNT        |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 93     |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00     |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00     |

    Scenario Outline: An account for somebody who was not verified
      Given an applicant whom the bank has verified
      When the app opens an account <order>
      Then the app is told 73 "Enrollment not found"
      And the bank has opened no account
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 73     |

      Examples:
        | order                                |
        | for a verification that never was    |
        | for the verification of another user |
        | for a verification on another phone  |
        | with another reference               |

    Scenario: A verification is nothing to another app
      Given an applicant whom the bank has verified
      When another app opens an account for the same verification
      Then the app is told 73 "Enrollment not found"
      And the bank has opened no account
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | Peak Pay            | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | Peak Pay            | OPEN_ACCOUNT 73     |

    Scenario: A verification counts once
      Given an applicant whom the bank has verified
      When the app opens an account
      Then the app is told 00 "Approved"
      When the app opens an account
      Then the app is told 93 "Invalid enroll state"
      And the bank has opened one account
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | Core Banking System | OPEN_ACCOUNT        |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00     |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00     |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 93     |

    Scenario: A verification counts for half an hour
      Given an applicant whom the bank has verified
      When 31 minutes pass
      And the app opens an account
      Then the app is told 95 "Enrolment timed out"
      And the bank has opened no account
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 95     |

    Scenario: The last moment of the half hour
      Given an applicant whom the bank has verified
      When 30 minutes pass
      And the app opens an account
      Then the app is told 00 "Approved"
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | Core Banking System | OPEN_ACCOUNT        |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00     |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00     |

  Rule: Where nobody knows whether there is an account, SCIS goes on until there is one, and takes nothing back

    Scenario: The bank never got the message
      Given an applicant whom the bank has verified
      And the bank never gets the message to open an account
      When the app opens an account
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      And the app has no card
      When 2 seconds pass
      Then the bank was sent the same message each time
      When the app repeats its request for an account
      Then the app is told 00 "Approved"
      And the applicant has a new card
      And the bank has opened one account
      And the messages were
        | from                | to                  | message               |
        | App Gateway         | SCIS                | KYC_VERIFICATION      |
        | SCIS                | Core Banking System | KYC_VERIFICATION      |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00   |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00   |
        | App Gateway         | SCIS                | OPEN_ACCOUNT          |
        | SCIS                | Core Banking System | OPEN_ACCOUNT          |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 04       |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY    |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25 |
        | SCIS                | Core Banking System | OPEN_ACCOUNT          |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00       |
        | App Gateway         | SCIS                | OPEN_ACCOUNT          |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00       |

    Scenario: The bank opens the account, and its answer is lost
      Given an applicant whom the bank has verified
      And the bank opens an account, but its answer gets lost
      When the app opens an account
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When the app repeats its request for an account
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 2 seconds pass
      And the app repeats its request for an account
      Then the app is told 00 "Approved"
      And the applicant has a new card
      And the bank has opened one account
      When the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      And HKD 970.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | KYC_VERIFICATION           |
        | SCIS                | Core Banking System | KYC_VERIFICATION           |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00        |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00        |
        | App Gateway         | SCIS                | OPEN_ACCOUNT               |
        | SCIS                | Core Banking System | OPEN_ACCOUNT               |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 04            |
        | App Gateway         | SCIS                | OPEN_ACCOUNT               |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 04            |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00      |
        | SCIS                | Core Banking System | OPEN_ACCOUNT               |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00            |
        | App Gateway         | SCIS                | OPEN_ACCOUNT               |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00            |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The answer is lost, and then the bank is away for a while
      Given an applicant whom the bank has verified
      And the bank opens an account, but its answer gets lost
      When the app opens an account
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      Given the bank cannot be reached
      When 10 seconds pass
      And the app repeats its request for an account
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When the bank can be reached again
      And a minute passes
      And the app repeats its request for an account
      Then the app is told 00 "Approved"
      And the applicant has a new card
      And the bank has opened one account
      And the messages were
        | from                | to                  | message               |
        | App Gateway         | SCIS                | KYC_VERIFICATION      |
        | SCIS                | Core Banking System | KYC_VERIFICATION      |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00   |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00   |
        | App Gateway         | SCIS                | OPEN_ACCOUNT          |
        | SCIS                | Core Banking System | OPEN_ACCOUNT          |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 04       |
        | App Gateway         | SCIS                | OPEN_ACCOUNT          |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 04       |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY    |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00 |
        | SCIS                | Core Banking System | OPEN_ACCOUNT          |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00       |
        | App Gateway         | SCIS                | OPEN_ACCOUNT          |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00       |

    Scenario: The bank has a disturbance
      Given an applicant whom the bank has verified
      And the bank says 91 to the opening of an account
      When the app opens an account
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 2 seconds pass
      And the app repeats its request for an account
      Then the app is told 00 "Approved"
      And the bank has opened one account
      And the messages were
        | from                | to                  | message               |
        | App Gateway         | SCIS                | KYC_VERIFICATION      |
        | SCIS                | Core Banking System | KYC_VERIFICATION      |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00   |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00   |
        | App Gateway         | SCIS                | OPEN_ACCOUNT          |
        | SCIS                | Core Banking System | OPEN_ACCOUNT          |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 91       |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 04       |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY    |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25 |
        | SCIS                | Core Banking System | OPEN_ACCOUNT          |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00       |
        | App Gateway         | SCIS                | OPEN_ACCOUNT          |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00       |

    Scenario: Documents are kept nowhere, so the app brings them again
      Given an applicant whom the bank has verified
      And the bank never gets the message to open an account
      When the app opens an account with two documents
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 14 seconds pass
      Then the bank has opened no account
      When the app repeats its request for an account
      Then the app is told 00 "Approved"
      And the applicant has a new card
      And the bank was sent the documents each time
      And the bank has opened one account
      And the messages were
        | from                | to                  | message               |
        | App Gateway         | SCIS                | KYC_VERIFICATION      |
        | SCIS                | Core Banking System | KYC_VERIFICATION      |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00   |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00   |
        | App Gateway         | SCIS                | OPEN_ACCOUNT          |
        | SCIS                | Core Banking System | OPEN_ACCOUNT          |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 04       |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY    |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25 |
        | App Gateway         | SCIS                | OPEN_ACCOUNT          |
        | SCIS                | Core Banking System | OPEN_ACCOUNT          |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00       |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00       |

    Scenario: The bank cannot be reached, so nothing was sent, and the app tries again
      Given an applicant whom the bank has verified
      And the bank cannot be reached
      When the app opens an account
      Then the app is told 92 "Network error"
      When the bank can be reached again
      And the app opens an account
      Then the app is told 00 "Approved"
      And the bank has opened one account
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 92     |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | Core Banking System | OPEN_ACCOUNT        |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00     |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00     |

  Rule: The bank or SCIS may refuse

    Scenario Outline: The bank opens no account
      Given an applicant whom the bank has verified
      And the bank opens no account and says <word>
      When the app opens an account
      Then the app is told <code> "<text>"
      And the app has no card
      When the app opens an account
      Then the app is told 93 "Invalid enroll state"
      And the bank has opened no account
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | Core Banking System | OPEN_ACCOUNT        |
        | Core Banking System | SCIS                | OPEN_ACCOUNT <word> |
        | SCIS                | App Gateway         | OPEN_ACCOUNT <code> |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 93     |

      Examples:
        | word | code | text                           |
        | 05   | 05   | Cardholder verification fails. |
        | 30   | 70   | Validation error from issuer   |

    Scenario: The issuer has run out of card numbers, and the account waits for new ones
      Given an applicant whom the bank has verified
      And the issuer has no card numbers left
      When the app opens an account
      Then the app is told 08 "TSP error"
      And the app has no card
      When the issuer gets new card numbers
      And the app opens an account
      Then the app is told 00 "Approved"
      And the applicant has a new card
      And the bank has opened one account
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | Core Banking System | OPEN_ACCOUNT        |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00     |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 08     |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | Core Banking System | OPEN_ACCOUNT        |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00     |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00     |

    Scenario Outline: The issuer does not do this today, or not with this app
      Given an applicant
      And the card's issuer <rule>
      When the app has the applicant verified
      Then the app is told <code> "<text>"
      And the messages were
        | from        | to          | message                 |
        | App Gateway | SCIS        | KYC_VERIFICATION        |
        | SCIS        | App Gateway | KYC_VERIFICATION <code> |

      Examples:
        | rule                     | code | text                      |
        | is in its cut-off window | 90   | The system is in cut-off. |
        | never admitted this app  | 15   | No such issuer            |

    Scenario: The cut-off window begins before the account is opened
      Given an applicant whom the bank has verified
      And the issuer's cut-off window has begun
      When the app opens an account
      Then the app is told 90 "The system is in cut-off."
      When the cut-off window is over
      And the app opens an account
      Then the app is told 00 "Approved"
      And the bank has opened one account
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | KYC_VERIFICATION    |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | KYC_VERIFICATION 00 |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 90     |
        | App Gateway         | SCIS                | OPEN_ACCOUNT        |
        | SCIS                | Core Banking System | OPEN_ACCOUNT        |
        | Core Banking System | SCIS                | OPEN_ACCOUNT 00     |
        | SCIS                | App Gateway         | OPEN_ACCOUNT 00     |

    Scenario: A product that nobody knows
      Given an applicant
      When the app asks what must be known of an applicant for a product that nobody knows
      Then the app is told 89 "Card profile not found"
      When the app has the applicant verified for a product that nobody knows
      Then the app is told 89 "Card profile not found"
      And the messages were
        | from        | to          | message             |
        | App Gateway | SCIS        | CVM_INQUIRY         |
        | SCIS        | App Gateway | CVM_INQUIRY 89      |
        | App Gateway | SCIS        | KYC_VERIFICATION    |
        | SCIS        | App Gateway | KYC_VERIFICATION 89 |
