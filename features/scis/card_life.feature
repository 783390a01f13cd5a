Feature: The life of a card
  What becomes of a virtual card after it was issued: its holder suspends, resumes and deletes it in the app, its issuer
  blocks it, an operator replaces it. The app asks for its state, its balance and its picture.

  Each scenario ends with the messages that crossed, as the partners recorded them. A number behind a message
  is the code of an answer; a request that no answer follows stayed without one.

  Rule: The holder suspends, resumes and deletes

    Scenario Outline: What the holder may do with an active card
      Given a cardholder with HKD 100.00 on the account
      When the cardholder <action> the card
      Then the app is told <code> "<text>"
      When the app asks for the card's state
      Then the app hears that the card is <state>
      And the messages were
        | from        | to          | message                       |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT        |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT <code> |
        | App Gateway | SCIS        | CARD_STATUS_INQUIRY           |
        | SCIS        | App Gateway | CARD_STATUS_INQUIRY 00        |

      Examples:
        | action   | code | text              | state     |
        | suspends | 00   | Approved          | SUSPENDED |
        | resumes  | 21   | Card status error | ACTIVE    |
        | deletes  | 00   | Approved          | DELETED   |

    Scenario Outline: What the holder may do with a suspended card
      Given a cardholder with HKD 100.00 on the account
      And the card is suspended by its holder
      When the cardholder <action> the card
      Then the app is told <code> "<text>"
      When the app asks for the card's state
      Then the app hears that the card is <state>
      And the messages were
        | from        | to          | message                       |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT        |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT <code> |
        | App Gateway | SCIS        | CARD_STATUS_INQUIRY           |
        | SCIS        | App Gateway | CARD_STATUS_INQUIRY 00        |

      Examples:
        | action   | code | text              | state     |
        | suspends | 21   | Card status error | SUSPENDED |
        | resumes  | 00   | Approved          | ACTIVE    |
        | deletes  | 00   | Approved          | DELETED   |

    Scenario Outline: A deleted card stays deleted
      Given a cardholder with HKD 100.00 on the account
      And the card is deleted by its holder
      When the cardholder <action> the card
      Then the app is told 21 "Card status error"
      When the app asks for the card's state
      Then the app hears that the card is DELETED
      And the messages were
        | from        | to          | message                   |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT    |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT 21 |
        | App Gateway | SCIS        | CARD_STATUS_INQUIRY       |
        | SCIS        | App Gateway | CARD_STATUS_INQUIRY 00    |

      Examples:
        | action   |
        | suspends |
        | resumes  |
        | deletes  |

    Scenario: The answer names the new state
      Given a cardholder with HKD 100.00 on the account
      When the cardholder suspends the card
      Then the app hears that the card is SUSPENDED
      When the cardholder resumes the card
      Then the app hears that the card is ACTIVE
      When the cardholder deletes the card
      Then the app hears that the card is DELETED
      And the messages were
        | from        | to          | message                   |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT    |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT 00 |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT    |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT 00 |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT    |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT 00 |

    Scenario: A suspended card does not pay, and pays again when it is resumed
      Given a cardholder with HKD 100.00 on the account
      When the cardholder suspends the card
      And the cardholder pays HKD 30.00
      Then the app is told 21 "Card status error"
      And the bank has booked nothing
      When the cardholder resumes the card
      And the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      And HKD 70.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | CARD_STATUS_MANAGEMENT     |
        | SCIS                | App Gateway         | CARD_STATUS_MANAGEMENT 00  |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 21       |
        | App Gateway         | SCIS                | CARD_STATUS_MANAGEMENT     |
        | SCIS                | App Gateway         | CARD_STATUS_MANAGEMENT 00  |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The same message again is answered as before, and moves nothing
      Given a cardholder with HKD 100.00 on the account
      When the cardholder suspends the card
      And the cardholder resumes the card
      And the app repeats its first message about the card
      Then the app is told 00 "Approved"
      And the app hears that the card is SUSPENDED
      When the app asks for the card's state
      Then the app hears that the card is ACTIVE
      And the messages were
        | from        | to          | message                   |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT    |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT 00 |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT    |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT 00 |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT    |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT 00 |
        | App Gateway | SCIS        | CARD_STATUS_INQUIRY       |
        | SCIS        | App Gateway | CARD_STATUS_INQUIRY 00    |

    Scenario: The action in small letters
      Given a cardholder with HKD 100.00 on the account
      When the app asks to "suspend" the card
      Then the app hears that the card is SUSPENDED
      And the messages were
        | from        | to          | message                   |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT    |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT 00 |

    Scenario: An action that there is not
      Given a cardholder with HKD 100.00 on the account
      When the app asks to "FREEZE" the card
      Then the app is told 30 "Message format error: trxInfo.tokenAction"
      And the messages were
        | from        | to          | message                   |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT    |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT 30 |

  Rule: The issuer's block is beyond the holder

    Scenario Outline: RESUME does not lift it
      Given a cardholder with HKD 100.00 on the account
      And the cardholder has suspended the card
      And the card is <block>
      When the cardholder resumes the card
      Then the app is told <code> "<text>"
      When the app asks for the card's state
      Then the app hears that the card is <state>
      And the messages were
        | from        | to          | message                       |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT        |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT 00     |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT        |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT <code> |
        | App Gateway | SCIS        | CARD_STATUS_INQUIRY           |
        | SCIS        | App Gateway | CARD_STATUS_INQUIRY 00        |

      Examples:
        | block                | code | text              | state  |
        | reported lost        | 41   | Lost card         | LOST   |
        | reported stolen      | 43   | Stolen card       | STOLEN |
        | flagged for fraud    | 34   | Fraud card        | FRAUD  |
        | closed by its issuer | 21   | Card status error | CLOSED |

    Scenario: A restricted card is resumed, and stays restricted
      Given a cardholder with HKD 100.00 on the account
      And the cardholder has suspended the card
      And the card is restricted by its issuer
      When the cardholder resumes the card
      Then the app is told 00 "Approved"
      When the app asks for the card's state
      Then the app hears that the card is RESTRICTED
      When the cardholder pays HKD 30.00
      Then the app is told 62 "Restricted transaction"
      And the messages were
        | from        | to          | message                   |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT    |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT 00 |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT    |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT 00 |
        | App Gateway | SCIS        | CARD_STATUS_INQUIRY       |
        | SCIS        | App Gateway | CARD_STATUS_INQUIRY 00    |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV         |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 62      |

    Scenario: A blocked card is suspended, and is still blocked
      Given a cardholder with HKD 100.00 on the account
      And the card is reported lost
      When the cardholder suspends the card
      Then the app is told 00 "Approved"
      When the app asks for the card's state
      Then the app hears that the card is LOST
      And the messages were
        | from        | to          | message                   |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT    |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT 00 |
        | App Gateway | SCIS        | CARD_STATUS_INQUIRY       |
        | SCIS        | App Gateway | CARD_STATUS_INQUIRY 00    |

    Scenario: A blocked card is deleted
      Given a cardholder with HKD 100.00 on the account
      And the card is reported stolen
      When the cardholder deletes the card
      Then the app is told 00 "Approved"
      And the app hears that the card is DELETED
      When the cardholder pays HKD 30.00
      Then the app is told 43 "Stolen card"
      And the messages were
        | from        | to          | message                   |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT    |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT 00 |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV         |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 43      |

  Rule: The app asks in what state the card is

    Scenario Outline: The words for it
      Given a cardholder with HKD 100.00 on the account
      And the card is <state>
      When the app asks for the card's state
      Then the app is told 00 "Approved"
      And the app hears that the card is <word>
      And the messages were
        | from        | to          | message                |
        | App Gateway | SCIS        | CARD_STATUS_INQUIRY    |
        | SCIS        | App Gateway | CARD_STATUS_INQUIRY 00 |

      Examples:
        | state                                     | word       |
        | suspended by its holder                   | SUSPENDED  |
        | deleted by its holder                     | DELETED    |
        | reported lost                             | LOST       |
        | suspended by its holder and reported lost | LOST       |
        | reported stolen                           | STOLEN     |
        | flagged for fraud                         | FRAUD      |
        | restricted by its issuer                  | RESTRICTED |
        | closed by its issuer                      | CLOSED     |
        | expired                                   | EXPIRED    |

    Scenario Outline: Somebody else, or another card
      Given a cardholder with HKD 100.00 on the account
      When the app <asks> <strangely>
      Then the app is told <code> "<text>"
      And the messages were
        | from        | to          | message          |
        | App Gateway | SCIS        | <message>        |
        | SCIS        | App Gateway | <message> <code> |

      Examples:
        | asks                      | message                | strangely                       | code | text                                    |
        | suspends the card         | CARD_STATUS_MANAGEMENT | from another phone              | 55   | Invalid device id                       |
        | suspends the card         | CARD_STATUS_MANAGEMENT | for another user                | 57   | Transaction not permitted to cardholder |
        | suspends the card         | CARD_STATUS_MANAGEMENT | with a card that does not exist | 14   | Invalid card number                     |
        | suspends the card         | CARD_STATUS_MANAGEMENT | with a mistyped card number     | 14   | Invalid card number                     |
        | suspends the card         | CARD_STATUS_MANAGEMENT | with a card of another app      | 14   | Invalid card number                     |
        | asks for the card's state | CARD_STATUS_INQUIRY    | from another phone              | 55   | Invalid device id                       |
        | asks for the card's state | CARD_STATUS_INQUIRY    | for another user                | 57   | Transaction not permitted to cardholder |
        | asks for the card's state | CARD_STATUS_INQUIRY    | with a card that does not exist | 14   | Invalid card number                     |
        | asks for the card's state | CARD_STATUS_INQUIRY    | with a card of another app      | 14   | Invalid card number                     |
        | asks for the balance      | CARD_BALANCE_INQUIRY   | from another phone              | 55   | Invalid device id                       |
        | asks for the balance      | CARD_BALANCE_INQUIRY   | for another user                | 57   | Transaction not permitted to cardholder |
        | asks for the balance      | CARD_BALANCE_INQUIRY   | with a card that does not exist | 14   | Invalid card number                     |
        | asks for the balance      | CARD_BALANCE_INQUIRY   | with a card of another app      | 14   | Invalid card number                     |

  Rule: The app asks for the balance, and the bank tells it

    Scenario: Before and after a payment
      Given a cardholder with HKD 100.00 on the account
      When the app asks for the balance
      Then the app is told 00 "Approved"
      And the app sees a balance of HKD 100.00 on an account of tier 1
      When the cardholder pays HKD 30.00
      And the app asks for the balance
      Then the app sees a balance of HKD 70.00 on an account of tier 1
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | CARD_BALANCE_INQUIRY       |
        | SCIS                | Core Banking System | BALANCE_INQUIRY            |
        | Core Banking System | SCIS                | BALANCE_INQUIRY 00         |
        | SCIS                | App Gateway         | CARD_BALANCE_INQUIRY 00    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | CARD_BALANCE_INQUIRY       |
        | SCIS                | Core Banking System | BALANCE_INQUIRY            |
        | Core Banking System | SCIS                | BALANCE_INQUIRY 00         |
        | SCIS                | App Gateway         | CARD_BALANCE_INQUIRY 00    |

    Scenario: The bank does not answer
      Given a cardholder with HKD 100.00 on the account
      And the bank does not answer what the balance is
      When the app asks for the balance
      Then the app is told 98 "Timeout"
      And the messages were
        | from        | to                  | message                 |
        | App Gateway | SCIS                | CARD_BALANCE_INQUIRY    |
        | SCIS        | Core Banking System | BALANCE_INQUIRY         |
        | SCIS        | App Gateway         | CARD_BALANCE_INQUIRY 98 |

    Scenario: The bank cannot be reached
      Given a cardholder with HKD 100.00 on the account
      And the bank cannot be reached
      When the app asks for the balance
      Then the app is told 92 "Network error"
      And the messages were
        | from        | to          | message                 |
        | App Gateway | SCIS        | CARD_BALANCE_INQUIRY    |
        | SCIS        | App Gateway | CARD_BALANCE_INQUIRY 92 |

    Scenario Outline: The bank refuses
      Given a cardholder with HKD 100.00 on the account
      And the bank says <word> to a question for the balance
      When the app asks for the balance
      Then the app is told <code> "<text>"
      And the messages were
        | from                | to                  | message                     |
        | App Gateway         | SCIS                | CARD_BALANCE_INQUIRY        |
        | SCIS                | Core Banking System | BALANCE_INQUIRY             |
        | Core Banking System | SCIS                | BALANCE_INQUIRY <word>      |
        | SCIS                | App Gateway         | CARD_BALANCE_INQUIRY <code> |

      Examples:
        | word | code | text                |
        | 14   | 14   | Invalid card number |
        | 91   | 91   | Issuer system error |
        | ZZ   | 99   | Other error         |

    Scenario: A suspended card still shows its balance
      Given a cardholder with HKD 100.00 on the account
      And the card is suspended by its holder
      When the app asks for the balance
      Then the app sees a balance of HKD 100.00 on an account of tier 1
      And the messages were
        | from                | to                  | message                 |
        | App Gateway         | SCIS                | CARD_BALANCE_INQUIRY    |
        | SCIS                | Core Banking System | BALANCE_INQUIRY         |
        | Core Banking System | SCIS                | BALANCE_INQUIRY 00      |
        | SCIS                | App Gateway         | CARD_BALANCE_INQUIRY 00 |

  Rule: The issuer says that the account's tier has changed

    Scenario: The tier is told where the bank names none with the balance
      Given a cardholder with HKD 100.00 on the account
      And the bank names no tier with the balance
      When the issuer says that the account is of tier 2
      Then the issuer is told 00 "Approved"
      When the app asks for the balance
      Then the app sees a balance of HKD 100.00 on an account of tier 2
      And the messages were
        | from                | to                  | message                        |
        | Core Banking System | SCIS                | ACCOUNT_UPDATE_NOTIFICATION    |
        | SCIS                | Core Banking System | ACCOUNT_UPDATE_NOTIFICATION 00 |
        | App Gateway         | SCIS                | CARD_BALANCE_INQUIRY           |
        | SCIS                | Core Banking System | BALANCE_INQUIRY                |
        | Core Banking System | SCIS                | BALANCE_INQUIRY 00             |
        | SCIS                | App Gateway         | CARD_BALANCE_INQUIRY 00        |

    Scenario: The bank's own word with the balance counts for more
      Given a cardholder with HKD 100.00 on the account
      When the issuer says that the account is of tier 2
      And the app asks for the balance
      Then the app sees a balance of HKD 100.00 on an account of tier 1
      And the messages were
        | from                | to                  | message                        |
        | Core Banking System | SCIS                | ACCOUNT_UPDATE_NOTIFICATION    |
        | SCIS                | Core Banking System | ACCOUNT_UPDATE_NOTIFICATION 00 |
        | App Gateway         | SCIS                | CARD_BALANCE_INQUIRY           |
        | SCIS                | Core Banking System | BALANCE_INQUIRY                |
        | Core Banking System | SCIS                | BALANCE_INQUIRY 00             |
        | SCIS                | App Gateway         | CARD_BALANCE_INQUIRY 00        |

    Scenario: A card that does not exist
      Given a cardholder with HKD 100.00 on the account
      When the issuer says that the account of a card that does not exist is of tier 2
      Then the issuer is told 14 "Invalid card number"
      And the messages were
        | from                | to                  | message                        |
        | Core Banking System | SCIS                | ACCOUNT_UPDATE_NOTIFICATION    |
        | SCIS                | Core Banking System | ACCOUNT_UPDATE_NOTIFICATION 14 |

  Rule: The app shows the card's picture

    Scenario: The picture of the card
      Given a customer of the bank with HKD 100.00 on the account
      When the app enrols the account
      And the app downloads the picture of the card
      Then the app is told 00 "Approved"
      And the app has a picture, and the place for the number on it
      And the messages were
        | from        | to          | message                 |
        | App Gateway | SCIS        | CARD_ENROLLMENT         |
        | SCIS        | App Gateway | CARD_ENROLLMENT 00      |
        | App Gateway | SCIS        | CARDFACE_DOWNLOADING    |
        | SCIS        | App Gateway | CARDFACE_DOWNLOADING 00 |

    Scenario: A picture that there is not
      Given a cardholder with HKD 100.00 on the account
      When the app downloads a picture that there is not
      Then the app is told 89 "Card profile not found"
      And the messages were
        | from        | to          | message                 |
        | App Gateway | SCIS        | CARDFACE_DOWNLOADING    |
        | SCIS        | App Gateway | CARDFACE_DOWNLOADING 89 |

  Rule: An operator replaces a card, and the app takes the new one by enrolling again

    Scenario Outline: A card is replaced
      Given a cardholder with HKD 100.00 on the account
      When an operator replaces the card, <why>
      And the cardholder pays HKD 30.00
      Then the app is told <code> "<text>"
      When the app enrols the card by its number
      Then the app is told 00 "Approved"
      And the applicant has a new card
      And it is another card than before
      When the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      And HKD 70.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV <code>   |
        | App Gateway         | SCIS                | CARD_ENROLLMENT            |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 00         |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | why              | code | text              |
        | which was lost   | 41   | Lost card         |
        | which was stolen | 43   | Stolen card       |
        | which is worn    | 21   | Card status error |

    Scenario: The new card is handed over once
      Given a cardholder with HKD 100.00 on the account
      When an operator replaces the card, which was lost
      And the app enrols the card by its number
      And the app repeats its enrolment
      Then it is the card that the app was given before
      When the app enrols the card by its number
      Then the app is told 88 "Card already provisioned"
      And the messages were
        | from        | to          | message            |
        | App Gateway | SCIS        | CARD_ENROLLMENT    |
        | SCIS        | App Gateway | CARD_ENROLLMENT 00 |
        | App Gateway | SCIS        | CARD_ENROLLMENT    |
        | SCIS        | App Gateway | CARD_ENROLLMENT 00 |
        | App Gateway | SCIS        | CARD_ENROLLMENT    |
        | SCIS        | App Gateway | CARD_ENROLLMENT 88 |

    Scenario: A card is replaced once
      Given a cardholder with HKD 100.00 on the account
      When an operator replaces the card, which was lost
      And an operator replaces the card, which was stolen
      Then the operator is refused with 21
      When the app asks for the card's state
      Then the app hears that the card is LOST
      And the messages were
        | from        | to          | message                |
        | App Gateway | SCIS        | CARD_STATUS_INQUIRY    |
        | SCIS        | App Gateway | CARD_STATUS_INQUIRY 00 |
