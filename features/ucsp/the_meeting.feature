Feature: The two platforms meet
  The cards in a channel's app are virtual cards of SCIS. Whoever pays an order at UCSP's cashier with one of them is debited
  by SCIS: UCSP hands the card to the acquirer, and the acquirer, as for any other card of the scheme, asks SCIS for the
  money. Neither platform knows that the other one is in the same house.

  Rule: From opening an account to both notices

    Scenario: The whole story
      Given an applicant of Harbour Wallet
      When the app has the applicant verified
      And the app opens an account
      Then the app is told 00 "Approved"
      And the applicant has a new card
      When the app of Harbour Life takes the new card into the wallet
      And the user opens Kerbside Parking
      Then the channel is told 00 "Approved"
      And Kerbside Parking learns the mobile number of the user
      When the app opens the address
      Then the user is logged in at the industry
      When Kerbside Parking submits an order of HKD 80.00
      And the user opens the cashier
      Then the cashier shows HKD 80.00 to pay, and the card
      When the user pays with the card
      Then the user is sent back to Kerbside Parking, which is told that the payment was accepted
      And both are notified that HKD 80.00 was paid
      And the merchant of Kerbside Parking was credited by the acquirer for HKD 80.00
      And the card went sealed from the app to the acquirer and to SCIS, and was in clear nowhere
      And the bank has booked HKD 80.00 once
      And HKD 920.00 is left on the account
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
        | Channel APP         | UCSP                | CHANNEL_LOGIN_INFO         |
        | UCSP                | Industry Service    | INDUSTRY_LOGIN_INFO        |
        | Industry Service    | UCSP                | INDUSTRY_LOGIN_INFO 00     |
        | UCSP                | Channel APP         | CHANNEL_LOGIN_INFO 00      |
        | Industry Service    | UCSP                | SUBMIT_PAYMENT_ORDER       |
        | UCSP                | Acquirer            | PLACE_ORDER                |
        | Acquirer            | UCSP                | PLACE_ORDER 00             |
        | UCSP                | Industry Service    | SUBMIT_PAYMENT_ORDER 00    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
        | Channel APP         | UCSP                | GET_CARD_LIST 00           |
        | UCSP                | Channel APP         | GET_CARD_PAYLOAD           |
        | Channel APP         | UCSP                | GET_CARD_PAYLOAD 00        |
        | UCSP                | Acquirer            | PAY                        |
        | Acquirer            | UCSP                | PAY 04                     |
        | Acquirer            | SCIS                | TOKEN_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | TOKEN_PAYMENT 00           |
        | Acquirer            | UCSP                | PAYMENT_RESULT             |
        | UCSP                | Acquirer            | PAYMENT_RESULT 00          |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE      |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00   |

  Rule: Above the card's limit without verification the cardholder is asked in the app

    Scenario: The cardholder agrees
      Given a user of Harbour Life at Kerbside Parking, with HKD 5000.00 on the card
      And the cardholder answers later
      When Kerbside Parking submits an order of HKD 1200.00
      And the user opens the cashier
      And the user pays with the card
      Then the user is sent back to Kerbside Parking, which is told that the payment was accepted
      And the app is asked whether HKD 1200.00 of the order may be paid
      And at the cashier the order is being paid
      And nobody is notified of the order
      When the cardholder agrees
      And a second passes
      Then both are notified that HKD 1200.00 was paid
      And HKD 3800.00 is left on the account
      And the messages were
        | from                | to                  | message                         |
        | Industry Service    | UCSP                | SUBMIT_PAYMENT_ORDER            |
        | UCSP                | Acquirer            | PLACE_ORDER                     |
        | Acquirer            | UCSP                | PLACE_ORDER 00                  |
        | UCSP                | Industry Service    | SUBMIT_PAYMENT_ORDER 00         |
        | UCSP                | Channel APP         | GET_CARD_LIST                   |
        | Channel APP         | UCSP                | GET_CARD_LIST 00                |
        | UCSP                | Channel APP         | GET_CARD_PAYLOAD                |
        | Channel APP         | UCSP                | GET_CARD_PAYLOAD 00             |
        | UCSP                | Acquirer            | PAY                             |
        | Acquirer            | UCSP                | PAY 04                          |
        | Acquirer            | SCIS                | TOKEN_PAYMENT                   |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING           |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING 00        |
        | SCIS                | Acquirer            | TOKEN_PAYMENT 04                |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING_RESULT 00 |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION               |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION         |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00      |
        | Acquirer            | SCIS                | TRX_RESULT_INQUIRY              |
        | SCIS                | Acquirer            | TRX_RESULT_INQUIRY 00           |
        | Acquirer            | UCSP                | PAYMENT_RESULT                  |
        | UCSP                | Acquirer            | PAYMENT_RESULT 00               |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE           |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00        |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE           |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00        |

    Scenario: The cardholder refuses
      Given a user of Harbour Life at Kerbside Parking, with HKD 5000.00 on the card
      And the cardholder answers later
      When Kerbside Parking submits an order of HKD 1200.00
      And the user opens the cashier
      And the user pays with the card
      And the cardholder refuses
      And a second passes
      Then both are notified that the payment was declined: 05 "Cardholder verification fails."
      And at the cashier the order can be paid
      And HKD 5000.00 is left on the account
      And the messages were
        | from             | to               | message                         |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER            |
        | UCSP             | Acquirer         | PLACE_ORDER                     |
        | Acquirer         | UCSP             | PLACE_ORDER 00                  |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00         |
        | UCSP             | Channel APP      | GET_CARD_LIST                   |
        | Channel APP      | UCSP             | GET_CARD_LIST 00                |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD                |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00             |
        | UCSP             | Acquirer         | PAY                             |
        | Acquirer         | UCSP             | PAY 04                          |
        | Acquirer         | SCIS             | TOKEN_PAYMENT                   |
        | SCIS             | App Gateway      | ADDITIONAL_PROCESSING           |
        | App Gateway      | SCIS             | ADDITIONAL_PROCESSING 00        |
        | SCIS             | Acquirer         | TOKEN_PAYMENT 04                |
        | App Gateway      | SCIS             | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS             | App Gateway      | ADDITIONAL_PROCESSING_RESULT 00 |
        | SCIS             | App Gateway      | TRX_RESULT_NOTIFICATION         |
        | App Gateway      | SCIS             | TRX_RESULT_NOTIFICATION 00      |
        | Acquirer         | SCIS             | TRX_RESULT_INQUIRY              |
        | SCIS             | Acquirer         | TRX_RESULT_INQUIRY 00           |
        | Acquirer         | UCSP             | PAYMENT_RESULT                  |
        | UCSP             | Acquirer         | PAYMENT_RESULT 00               |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE           |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00        |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE           |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00        |

    Scenario: The cardholder never answers
      Given a user of Harbour Life at Kerbside Parking, with HKD 5000.00 on the card
      And the cardholder answers later
      When Kerbside Parking submits an order of HKD 1200.00
      And the user opens the cashier
      And the user pays with the card
      And 15 seconds pass 9 times
      Then both are notified that the payment was declined: 98 "Timeout"
      And HKD 5000.00 is left on the account
      And the messages were
        | from             | to               | message                    |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER       |
        | UCSP             | Acquirer         | PLACE_ORDER                |
        | Acquirer         | UCSP             | PLACE_ORDER 00             |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00    |
        | UCSP             | Channel APP      | GET_CARD_LIST              |
        | Channel APP      | UCSP             | GET_CARD_LIST 00           |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD           |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00        |
        | UCSP             | Acquirer         | PAY                        |
        | Acquirer         | UCSP             | PAY 04                     |
        | Acquirer         | SCIS             | TOKEN_PAYMENT              |
        | SCIS             | App Gateway      | ADDITIONAL_PROCESSING      |
        | App Gateway      | SCIS             | ADDITIONAL_PROCESSING 00   |
        | SCIS             | Acquirer         | TOKEN_PAYMENT 04           |
        | UCSP             | Acquirer         | TRX_RESULT_INQUIRY         |
        | Acquirer         | UCSP             | TRX_RESULT_INQUIRY 00      |
        | Acquirer         | SCIS             | TRX_RESULT_INQUIRY         |
        | SCIS             | Acquirer         | TRX_RESULT_INQUIRY 00      |
        | UCSP             | Acquirer         | TRX_RESULT_INQUIRY         |
        | Acquirer         | UCSP             | TRX_RESULT_INQUIRY 00      |
        | SCIS             | App Gateway      | TRX_RESULT_NOTIFICATION    |
        | App Gateway      | SCIS             | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer         | SCIS             | TRX_RESULT_INQUIRY         |
        | SCIS             | Acquirer         | TRX_RESULT_INQUIRY 00      |
        | Acquirer         | UCSP             | PAYMENT_RESULT             |
        | UCSP             | Acquirer         | PAYMENT_RESULT 00          |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE      |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00   |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE      |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00   |

  Rule: What the acquirer gives back reaches both

    Scenario: A part, and the rest
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      When the user opens the cashier
      And the user pays with the card
      And the shop gives HKD 15.00 of the order back
      Then both are notified that HKD 15.00 came back
      And HKD 75.00 is left on the account
      When the shop gives HKD 25.00 of the order back
      Then both are notified that HKD 25.00 came back
      And Kerbside Parking was told: paid, then refunded, then refunded
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
        | Channel APP         | UCSP                | GET_CARD_LIST 00           |
        | UCSP                | Channel APP         | GET_CARD_PAYLOAD           |
        | Channel APP         | UCSP                | GET_CARD_PAYLOAD 00        |
        | UCSP                | Acquirer            | PAY                        |
        | Acquirer            | UCSP                | PAY 04                     |
        | Acquirer            | SCIS                | TOKEN_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | TOKEN_PAYMENT 00           |
        | Acquirer            | UCSP                | PAYMENT_RESULT             |
        | UCSP                | Acquirer            | PAYMENT_RESULT 00          |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE      |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | Acquirer            | UCSP                | PAYMENT_RESULT             |
        | UCSP                | Acquirer            | PAYMENT_RESULT 00          |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE      |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | Acquirer            | UCSP                | PAYMENT_RESULT             |
        | UCSP                | Acquirer            | PAYMENT_RESULT 00          |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE      |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00   |

    Scenario: More than was paid
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      When the user opens the cashier
      And the user pays with the card
      And the shop wants to give HKD 40.01 of the order back, and hears 13
      Then Harbour Life was told: paid
      And HKD 60.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
        | Channel APP         | UCSP                | GET_CARD_LIST 00           |
        | UCSP                | Channel APP         | GET_CARD_PAYLOAD           |
        | Channel APP         | UCSP                | GET_CARD_PAYLOAD 00        |
        | UCSP                | Acquirer            | PAY                        |
        | Acquirer            | UCSP                | PAY 04                     |
        | Acquirer            | SCIS                | TOKEN_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | TOKEN_PAYMENT 00           |
        | Acquirer            | UCSP                | PAYMENT_RESULT             |
        | UCSP                | Acquirer            | PAYMENT_RESULT 00          |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE      |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Acquirer            | REFUND 13                  |

  Rule: What the bank declines reaches both

    Scenario: Too little on the account
      Given a user of Harbour Life at Kerbside Parking, with HKD 10.00 on the card
      And an order of HKD 40.00
      When the user opens the cashier
      And the user pays with the card
      Then both are notified that the payment was declined: 51 "Insufficient balance"
      And Kerbside Parking was told: declined
      And HKD 10.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
        | Channel APP         | UCSP                | GET_CARD_LIST 00           |
        | UCSP                | Channel APP         | GET_CARD_PAYLOAD           |
        | Channel APP         | UCSP                | GET_CARD_PAYLOAD 00        |
        | UCSP                | Acquirer            | PAY                        |
        | Acquirer            | UCSP                | PAY 04                     |
        | Acquirer            | SCIS                | TOKEN_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 51       |
        | SCIS                | Acquirer            | TOKEN_PAYMENT 51           |
        | Acquirer            | UCSP                | PAYMENT_RESULT             |
        | UCSP                | Acquirer            | PAYMENT_RESULT 00          |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE      |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00   |

    Scenario: A card that was reported lost
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the card is reported lost
      And an order of HKD 40.00
      When the user opens the cashier
      And the user pays with the card
      Then both are notified that the payment was declined: 41 "Lost card"
      And Kerbside Parking was told: declined
      And the messages were
        | from             | to               | message                    |
        | UCSP             | Channel APP      | GET_CARD_LIST              |
        | Channel APP      | UCSP             | GET_CARD_LIST 00           |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD           |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00        |
        | UCSP             | Acquirer         | PAY                        |
        | Acquirer         | UCSP             | PAY 04                     |
        | Acquirer         | SCIS             | TOKEN_PAYMENT              |
        | SCIS             | Acquirer         | TOKEN_PAYMENT 41           |
        | Acquirer         | UCSP             | PAYMENT_RESULT             |
        | UCSP             | Acquirer         | PAYMENT_RESULT 00          |
        | SCIS             | App Gateway      | TRX_RESULT_NOTIFICATION    |
        | App Gateway      | SCIS             | TRX_RESULT_NOTIFICATION 00 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE      |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00   |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE      |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00   |

    Scenario: The bank is silent, then found to have approved
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      And the bank decides, but its answer gets lost
      When the user opens the cashier
      And the user pays with the card
      Then nobody is notified of the order
      When 3 seconds pass
      Then both are notified that HKD 40.00 was paid
      And HKD 60.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
        | Channel APP         | UCSP                | GET_CARD_LIST 00           |
        | UCSP                | Channel APP         | GET_CARD_PAYLOAD           |
        | Channel APP         | UCSP                | GET_CARD_PAYLOAD 00        |
        | UCSP                | Acquirer            | PAY                        |
        | Acquirer            | UCSP                | PAY 04                     |
        | Acquirer            | SCIS                | TOKEN_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | SCIS                | Acquirer            | TOKEN_PAYMENT 04           |
        | Acquirer            | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | Acquirer            | TRX_RESULT_INQUIRY 00      |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | Acquirer            | TRX_RESULT_INQUIRY 00      |
        | Acquirer            | UCSP                | PAYMENT_RESULT             |
        | UCSP                | Acquirer            | PAYMENT_RESULT 00          |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE      |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00   |
