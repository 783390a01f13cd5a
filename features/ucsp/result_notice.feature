Feature: Telling both sides the result
  What became of an order UCSP tells the industry and the channel, each by itself. A notice counts as delivered when it is
  answered 00, rightly signed. Until then it is sent again: 1, 2, 4, 8 and 16 minutes after the attempt before, the same
  message each time. After the last one it is parked, and an operator looks at it.

  Rule: A notice is sent until it is confirmed

    Scenario: The whole schedule
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      And Kerbside Parking, told a result, says 96 six times
      When the time of the order is over
      Then Harbour Life was told once
      When 31 minutes pass
      Then Kerbside Parking was told the same after 0, 1, 3, 7, 15 and 31 minutes
      And an operator finds the notice to Kerbside Parking parked, after 6 attempts
      And Harbour Life was told once
      When 60 minutes pass
      Then Kerbside Parking was told the same after 0, 1, 3, 7, 15 and 31 minutes
      And the messages were
        | from             | to               | message                  |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |

    Scenario: Industry and channel have schedules of their own
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      And Kerbside Parking, told a result, does not answer
      And Harbour Life, told a result, says 96 three times
      When the time of the order is over
      And 7 minutes pass
      Then Kerbside Parking was told the same after 0 and 1 minutes
      And Harbour Life was told the same after 0, 1, 3 and 7 minutes
      And an operator finds the notice to Kerbside Parking confirmed, after 2 attempts
      And an operator finds the notice to Harbour Life confirmed, after 4 attempts
      And the messages were
        | from             | to               | message                  |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00 |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00 |

    Scenario: A result that the industry understood, but did not confirm
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      And Kerbside Parking, told a result, understands, but its answer gets lost
      When the time of the order is over
      And a minute passes
      Then Kerbside Parking was told the same after 0 and 1 minutes
      And Kerbside Parking was told: closed
      And the messages were
        | from             | to               | message                  |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00 |

    Scenario: Only a signed answer counts
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      And Kerbside Parking, told a result, answers with a false signature
      And Harbour Life, told a result, answers with a false signature
      When the time of the order is over
      And a minute passes
      Then Kerbside Parking was told the same after 0 and 1 minutes
      And Harbour Life was told the same after 0 and 1 minutes
      And the messages were
        | from             | to               | message                              |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE                |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE wrongly signed |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE                |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE wrongly signed |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE                |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00             |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE                |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00             |

    Scenario: Only an answer that can be read counts
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      And Kerbside Parking, told a result, answers with garbage
      And Harbour Life, told a result, answers with garbage
      When the time of the order is over
      And a minute passes
      Then Kerbside Parking was told the same after 0 and 1 minutes
      And Harbour Life was told the same after 0 and 1 minutes
      And the messages were
        | from             | to               | message                          |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE            |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE unreadable |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE            |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE unreadable |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE            |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00         |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE            |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00         |

    Scenario: Only an answer to this message counts
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      And Kerbside Parking, told a result, answers another message
      And Harbour Life, told a result, answers another message
      When the time of the order is over
      And a minute passes
      Then Kerbside Parking was told the same after 0 and 1 minutes
      And Harbour Life was told the same after 0 and 1 minutes
      And the messages were
        | from             | to               | message                                   |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE                     |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE for another message |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE                     |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE for another message |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE                     |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00                  |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE                     |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00                  |

    Scenario: Nobody listens at the industry
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      And the industry cannot be reached
      When the time of the order is over
      Then Harbour Life was told once
      When the industry can be reached again
      And a minute passes
      Then Kerbside Parking was told the same after 1 minutes
      And an operator finds the notice to Kerbside Parking confirmed, after 2 attempts
      And the messages were
        | from             | to               | message                  |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00 |

    Scenario: Nobody listens at the channel
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      And the channel cannot be reached
      When the time of the order is over
      Then Kerbside Parking was told once
      When the channel can be reached again
      And a minute passes
      Then Harbour Life was told the same after 1 minutes
      And the messages were
        | from             | to               | message                  |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00 |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00 |

  Rule: Of one order the results come in their order; orders do not wait for each other

    Scenario: A decline that is not confirmed holds the payment's notice back
      Given a user of Harbour Life at Kerbside Parking, with HKD 10.00 on the card
      And the user has a second card in the app
      And an order of HKD 40.00
      And Kerbside Parking, told a result, says 96
      When the user opens the cashier
      And the user pays with the card
      And the user loads the page again and pays with the second card
      Then Harbour Life was told: declined, then paid
      And Kerbside Parking was told: declined
      When a minute passes
      Then Kerbside Parking was told: declined, then paid
      And both are notified that HKD 40.00 was paid
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
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 96   |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE      |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00   |
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
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE      |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00   |

    Scenario: One order's notice that nobody confirms does not hold back another order's
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      And Kerbside Parking, told a result, says 96
      When the time of the order is over
      Then Kerbside Parking was told: closed
      When Kerbside Parking submits another order of HKD 50.00
      And the user opens the cashier
      And the user pays with the card
      Then both are notified that HKD 50.00 was paid
      And an operator finds the notice about the order before still waiting
      When a minute passes
      Then an operator finds the notice about the order before confirmed
      And the messages were
        | from                | to                  | message                    |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 96   |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE      |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00   |
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
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00   |

  Rule: What is parked an operator sends again

    Scenario: The industry is there again
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      And Kerbside Parking, told a result, says 96 six times
      When the time of the order is over
      And 31 minutes pass
      Then an operator finds the notice to Kerbside Parking parked, after 6 attempts
      When an operator has the notice to Kerbside Parking sent again
      Then an operator finds the notice to Kerbside Parking confirmed, after 7 attempts
      And Kerbside Parking was told the same after 0, 1, 3, 7, 15, 31 and 31 minutes
      And the messages were
        | from             | to               | message                  |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00 |

    Scenario: The industry still does not confirm
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      And Kerbside Parking, told a result, says 96 seven times
      When the time of the order is over
      And 31 minutes pass
      And an operator has the notice to Kerbside Parking sent again
      Then an operator finds the notice to Kerbside Parking parked, after 7 attempts
      And the messages were
        | from             | to               | message                  |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 96 |
