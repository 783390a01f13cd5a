Feature: Frontend payment
  A user who came from a channel's app orders at an industry service and pays at the cashier of UCSP. The industry submits the
  order, UCSP has the acquirer take it, and the user's browser is sent to the cashier. There the user chooses one of the cards
  that the app has; UCSP gets that card from the app and hands it, sealed, to the acquirer, who moves the money. What became
  of it the acquirer says afterwards, and UCSP tells both, the industry and the channel.

  What is between people and pages is no message here: that the user submits the order (step 1), that the browser goes to the
  cashier (step 2), that the user selects and confirms, and that the browser is sent back with the acceptance (step 3).

  Both sides are told of ends. A decline (51, say) is the end of one try, and both are told of it, although the order stays open
  for another. A PAY that never left the hub, because the acquirer cannot be reached (92), was no try: nobody is told, the
  user reads it at the cashier and may pay again.

  Rule: An order is paid once, and both sides hear of it

    Scenario: The chart
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00
      Then Kerbside Parking is told 00 "Approved"
      And it has the address of the cashier
      When the user opens the cashier
      Then the cashier shows HKD 40.00 to pay, and the card
      And it shows a code that any UnionPay app can pay
      When the user pays with the card
      Then the user is sent back to Kerbside Parking, which is told that the payment was accepted
      And both are notified that HKD 40.00 was paid
      When Kerbside Parking asks what became of the order
      Then it hears that the order is APPROVED
      And the order was paid once
      And HKD 60.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
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
        | Industry Service    | UCSP                | PAYMENT_RESULT_INQUIRY     |
        | UCSP                | Industry Service    | PAYMENT_RESULT_INQUIRY 00  |

    Scenario: Another channel's user
      Given a user of Peak Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      And the user pays with the card
      Then both are notified that HKD 40.00 was paid
      And HKD 60.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
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

    Scenario: One card of several
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the user has a second card in the app
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      Then the cashier shows HKD 40.00 to pay, and both cards
      When the user pays with the second card
      Then both are notified that HKD 40.00 was paid
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
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

    Scenario: The cashier's address works with its key alone
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00
      Then nobody comes into the cashier without its key
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |

  Rule: Step 1, who may submit an order

    Scenario Outline: Channel and industry have no agreement that holds
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the channel <agreement> Kerbside Parking
      When Kerbside Parking submits an order of HKD 40.00
      Then Kerbside Parking is told 40 "The transaction is not supported by the issuer."
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 40 |

      Examples:
        | agreement                  |
        | was suspended at           |
        | has applied for            |
        | has lost the right to open |
        | may from tomorrow on open  |
        | might until yesterday open |

    Scenario: A channel that there is not
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00 of a channel that there is not
      Then Kerbside Parking is told 40 "The transaction is not supported by the issuer."
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 40 |

    Scenario: An industry that has no merchant at any acquirer
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And Kerbside Parking has no merchant at an acquirer
      When Kerbside Parking submits an order of HKD 40.00
      Then Kerbside Parking is told 03 "Invalid merchant"
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 03 |

    Scenario Outline: An amount that cannot be paid
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of <amount>
      Then Kerbside Parking is told 13 "Invalid amount"
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 13 |

      Examples:
        | amount            |
        | HKD 0.00          |
        | HKD 10.001        |
        | JPY 10.5          |
        | HKD 9999999999999 |

    Scenario Outline: An address that is not the industry's own
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00 <address>
      Then Kerbside Parking is told 30 "Message format error"
      And Kerbside Parking is told that returnUrl is wrong
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 30 |

      Examples:
        | address                               |
        | that leads back to somebody else      |
        | that leads back to a part of its name |

    Scenario: An order that has ended already
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00 that ended yesterday
      Then Kerbside Parking is told 12 "Invalid transaction"
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 12 |

    Scenario: An order for longer than a day
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00 that ends in a week
      Then Kerbside Parking is told 30 "Message format error"
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 30 |

  Rule: Step 1, an order is one order however often it is submitted

    Scenario: The same order again gets the same cashier
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00
      And Kerbside Parking submits the same order again
      Then Kerbside Parking is told 00 "Approved"
      And it is the address of the cashier that it was given before
      When Kerbside Parking sends the same message again
      Then it is the address of the cashier that it was given before
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |

    Scenario: The same order for another amount
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00
      And Kerbside Parking submits the same order again, of HKD 50.00
      Then Kerbside Parking is told 94 "Duplicated transaction"
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 94 |

    Scenario: The same message for another amount
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00
      And Kerbside Parking sends the same message again, of HKD 50.00
      Then Kerbside Parking is told 78 "Duplicate request"
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 78 |

    Scenario: An order that is paid
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      And the user pays with the card
      And Kerbside Parking submits the same order again
      Then Kerbside Parking is told 94 "Duplicated transaction"
      And the messages were
        | from                | to                  | message                    |
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
        | Industry Service    | UCSP                | SUBMIT_PAYMENT_ORDER       |
        | UCSP                | Industry Service    | SUBMIT_PAYMENT_ORDER 94    |

    Scenario: An order that was closed
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00
      And the time of the order is over
      And Kerbside Parking submits the same order again
      Then Kerbside Parking is told 12 "Invalid transaction"
      And both are notified that the order was closed
      And the messages were
        | from             | to               | message                  |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER     |
        | UCSP             | Acquirer         | PLACE_ORDER              |
        | Acquirer         | UCSP             | PLACE_ORDER 00           |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00  |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00 |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER     |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 12  |

    Scenario: An industry says itself when its order ends
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00 that ends in 5 minutes
      Then Kerbside Parking is told 00 "Approved"
      When 4 minutes pass
      Then nobody is notified of the order
      When a minute passes
      Then both are notified that the order was closed
      And the messages were
        | from             | to               | message                  |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER     |
        | UCSP             | Acquirer         | PLACE_ORDER              |
        | Acquirer         | UCSP             | PLACE_ORDER 00           |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00  |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00 |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00 |

  Rule: Step 1, an order that the acquirer did not take can be submitted again

    Scenario: The acquirer does not answer
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the acquirer, asked to take the order, says nothing
      When Kerbside Parking submits an order of HKD 40.00
      Then Kerbside Parking is told 98 "Timeout"
      When Kerbside Parking submits the same order again
      Then Kerbside Parking is told 00 "Approved"
      And it has the address of the cashier
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 98 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |

    Scenario: The acquirer takes it, but its answer gets lost
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the acquirer, asked to take the order, does it, but its answer gets lost
      When Kerbside Parking submits an order of HKD 40.00
      Then Kerbside Parking is told 98 "Timeout"
      When Kerbside Parking submits the same order again
      And the user opens the cashier
      And the user pays with the card
      Then both are notified that HKD 40.00 was paid
      And the messages were
        | from                | to                  | message                    |
        | Industry Service    | UCSP                | SUBMIT_PAYMENT_ORDER       |
        | UCSP                | Acquirer            | PLACE_ORDER                |
        | UCSP                | Industry Service    | SUBMIT_PAYMENT_ORDER 98    |
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

    Scenario: The acquirer answers garbage
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the acquirer, asked to take the order, answers with garbage
      When Kerbside Parking submits an order of HKD 40.00
      Then Kerbside Parking is told 98 "Timeout"
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER unreadable  |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 98 |

    Scenario: The acquirer's answer is wrongly signed
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the acquirer, asked to take the order, answers with a false signature
      When Kerbside Parking submits an order of HKD 40.00
      Then Kerbside Parking is told 98 "Timeout"
      And the messages were
        | from             | to               | message                    |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER       |
        | UCSP             | Acquirer         | PLACE_ORDER                |
        | Acquirer         | UCSP             | PLACE_ORDER wrongly signed |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 98    |

    Scenario: The acquirer does not know the merchant
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the acquirer, asked to take the order, says 03
      When Kerbside Parking submits an order of HKD 40.00
      Then Kerbside Parking is told 91 "Issuer system error"
      When Kerbside Parking submits the same order again
      Then Kerbside Parking is told 00 "Approved"
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 03          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 91 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |

    Scenario: The acquirer cannot be reached
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the acquirer cannot be reached
      When Kerbside Parking submits an order of HKD 40.00
      Then Kerbside Parking is told 92 "Network error"
      When the acquirer can be reached again
      And Kerbside Parking submits the same order again
      Then Kerbside Parking is told 00 "Approved"
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 92 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |

  Rule: Step 3, the cashier shows the cards of a user who came from the app

    Scenario: A user without cards in the app
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the user has no card in the app
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      Then the cashier shows no card, since the user has none
      And it shows a code that any UnionPay app can pay
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |
        | UCSP             | Channel APP      | GET_CARD_LIST           |
        | Channel APP      | UCSP             | GET_CARD_LIST 00        |

    Scenario: Somebody who did not come from the app
      Given a user of Harbour Life with a card of Bauhinia Bank
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      Then the cashier shows no card, since the user has not come from the app
      And it shows a code that any UnionPay app can pay
      When the user pays with a card that was not shown
      Then the cashier says 57 "Transaction not permitted to cardholder"
      And nothing was taken for the order
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |

    Scenario: The channel does not answer
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the channel, asked for the list, says nothing
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      Then the cashier shows no card, since the channel does not answer
      When the user loads the page again and pays with the card
      Then both are notified that HKD 40.00 was paid
      And the messages were
        | from                | to                  | message                    |
        | Industry Service    | UCSP                | SUBMIT_PAYMENT_ORDER       |
        | UCSP                | Acquirer            | PLACE_ORDER                |
        | Acquirer            | UCSP                | PLACE_ORDER 00             |
        | UCSP                | Industry Service    | SUBMIT_PAYMENT_ORDER 00    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
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

    Scenario: The channel answers an error
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the channel, asked for the list, says 96
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      Then the cashier shows no card, since the channel answers an error
      And it shows a code that any UnionPay app can pay
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |
        | UCSP             | Channel APP      | GET_CARD_LIST           |
        | Channel APP      | UCSP             | GET_CARD_LIST 96        |

    Scenario: The channel cannot be reached
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the channel cannot be reached
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      Then the cashier shows no card, since the channel cannot be reached
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |

    Scenario: The agreement ends while the order is open
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00
      And the agreement with Kerbside Parking is suspended
      And the user opens the cashier
      Then the cashier shows no card, since nothing is agreed any more
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |

  Rule: Step 3, nothing is paid before the channel has given the card

    Scenario: The channel is silent when the user has confirmed
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the channel, asked for the card, says nothing
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      And the user pays with the card
      Then the cashier says 98 "Timeout"
      And at the cashier the order can be paid
      And nobody is notified of the order
      And nothing was taken for the order
      When the user loads the page again and pays with the card
      Then both are notified that HKD 40.00 was paid
      And the order was paid once, and 1 times nothing came of it
      And the messages were
        | from                | to                  | message                    |
        | Industry Service    | UCSP                | SUBMIT_PAYMENT_ORDER       |
        | UCSP                | Acquirer            | PLACE_ORDER                |
        | Acquirer            | UCSP                | PLACE_ORDER 00             |
        | UCSP                | Industry Service    | SUBMIT_PAYMENT_ORDER 00    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
        | Channel APP         | UCSP                | GET_CARD_LIST 00           |
        | UCSP                | Channel APP         | GET_CARD_PAYLOAD           |
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

    Scenario: The channel does not give the card
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the channel, asked for the card, says 14
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      And the user pays with the card
      Then the cashier says 91 "Issuer system error"
      And nothing was taken for the order
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |
        | UCSP             | Channel APP      | GET_CARD_LIST           |
        | Channel APP      | UCSP             | GET_CARD_LIST 00        |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD        |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 14     |

    Scenario: A card that the cashier did not show
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      And the user pays with a card that was not shown
      Then the cashier says 14 "Invalid card number"
      And nobody is notified of the order
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |
        | UCSP             | Channel APP      | GET_CARD_LIST           |
        | Channel APP      | UCSP             | GET_CARD_LIST 00        |

    Scenario: A page that was left open for too long
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      And 11 minutes pass
      And the user pays with the card
      Then the cashier says 14 "Invalid card number"
      When the user loads the page again and pays with the card
      Then both are notified that HKD 40.00 was paid
      And the messages were
        | from                | to                  | message                    |
        | Industry Service    | UCSP                | SUBMIT_PAYMENT_ORDER       |
        | UCSP                | Acquirer            | PLACE_ORDER                |
        | Acquirer            | UCSP                | PLACE_ORDER 00             |
        | UCSP                | Industry Service    | SUBMIT_PAYMENT_ORDER 00    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
        | Channel APP         | UCSP                | GET_CARD_LIST 00           |
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

  Rule: Step 3, an order is paid once, whatever the user does

    Scenario: Two clicks
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      And the user clicks twice to pay with the card
      Then the user is sent back to Kerbside Parking, which is told that the payment was accepted
      And the order was paid once
      And HKD 60.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
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

    Scenario: Two tabs
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      And the user opens the cashier in another tab
      And the user pays with the card
      Then both are notified that HKD 40.00 was paid
      When the user pays in the first tab too
      Then the first tab says 94 "Duplicated transaction"
      And at the cashier the order is paid
      And HKD 60.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
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

    Scenario: The order ends while the page is open
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      And the time of the order is over
      Then both are notified that the order was closed
      When the user pays with the card
      Then the cashier says 12 "Invalid transaction"
      And at the cashier the order is closed
      And nothing was taken for the order
      And the messages were
        | from             | to               | message                  |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER     |
        | UCSP             | Acquirer         | PLACE_ORDER              |
        | Acquirer         | UCSP             | PLACE_ORDER 00           |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00  |
        | UCSP             | Channel APP      | GET_CARD_LIST            |
        | Channel APP      | UCSP             | GET_CARD_LIST 00         |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00 |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00 |

  Rule: Step 3, what the acquirer answers to PAY

    Scenario: The bank declines, and the user pays with another card
      Given a user of Harbour Life at Kerbside Parking, with HKD 10.00 on the card
      And the user has a second card in the app
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      And the user pays with the card
      Then the user is sent back to Kerbside Parking, which is told that the payment was accepted
      And both are notified that the payment was declined: 51 "Insufficient balance"
      And at the cashier the order can be paid
      When the user loads the page again and pays with the second card
      Then both are notified that HKD 40.00 was paid
      And the order was paid once, and 1 times nothing came of it
      And HKD 10.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
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

    Scenario: The acquirer declines at once
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the acquirer, asked to pay, says 61
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      And the user pays with the card
      Then the cashier says 61 "Exceeds approval amount limit"
      And both are notified that the payment was declined: 61 "Exceeds approval amount limit"
      And at the cashier the order can be paid
      And the messages were
        | from             | to               | message                  |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER     |
        | UCSP             | Acquirer         | PLACE_ORDER              |
        | Acquirer         | UCSP             | PLACE_ORDER 00           |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00  |
        | UCSP             | Channel APP      | GET_CARD_LIST            |
        | Channel APP      | UCSP             | GET_CARD_LIST 00         |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD         |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00      |
        | UCSP             | Acquirer         | PAY                      |
        | Acquirer         | UCSP             | PAY 61                   |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00 |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00 |

    Scenario: The acquirer cannot be reached when the user has confirmed
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      And the acquirer cannot be reached
      When the user opens the cashier
      And the user pays with the card
      Then the cashier says 92 "Network error"
      And nobody is notified of the order
      When the acquirer can be reached again
      And the user loads the page again and pays with the card
      Then both are notified that HKD 40.00 was paid
      And the messages were
        | from                | to                  | message                    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
        | Channel APP         | UCSP                | GET_CARD_LIST 00           |
        | UCSP                | Channel APP         | GET_CARD_PAYLOAD           |
        | Channel APP         | UCSP                | GET_CARD_PAYLOAD 00        |
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

    Scenario: PAY's answer gets lost, and the result is found by asking
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the acquirer, asked to pay, does it, but its answer gets lost
      And no result of the acquirer gets through
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      And the user pays with the card
      Then the user is sent back to Kerbside Parking, which is told that the payment was accepted
      And at the cashier the order is being paid
      And nobody is notified of the order
      When 2 seconds pass
      Then both are notified that HKD 40.00 was paid
      And at the cashier the order is paid
      When results of the acquirer get through again
      And a minute passes
      Then the order was paid once
      And Kerbside Parking was told: paid
      And the messages were
        | from                | to                  | message                    |
        | Industry Service    | UCSP                | SUBMIT_PAYMENT_ORDER       |
        | UCSP                | Acquirer            | PLACE_ORDER                |
        | Acquirer            | UCSP                | PLACE_ORDER 00             |
        | UCSP                | Industry Service    | SUBMIT_PAYMENT_ORDER 00    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
        | Channel APP         | UCSP                | GET_CARD_LIST 00           |
        | UCSP                | Channel APP         | GET_CARD_PAYLOAD           |
        | Channel APP         | UCSP                | GET_CARD_PAYLOAD 00        |
        | UCSP                | Acquirer            | PAY                        |
        | Acquirer            | SCIS                | TOKEN_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | TOKEN_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | UCSP                | Acquirer            | TRX_RESULT_INQUIRY         |
        | Acquirer            | UCSP                | TRX_RESULT_INQUIRY 00      |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE      |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | Acquirer            | UCSP                | PAYMENT_RESULT             |
        | UCSP                | Acquirer            | PAYMENT_RESULT 00          |

    Scenario: PAY never comes, and is taken back
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the network keeps PAY back
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      And the user pays with the card
      Then at the cashier the order is being paid
      When 30 seconds pass
      Then both are notified that the payment was declined: 91 "Issuer system error"
      And at the cashier the order can be paid
      When PAY arrives
      Then nothing was taken for the order
      And HKD 100.00 is left on the account
      And the messages were
        | from             | to               | message                  |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER     |
        | UCSP             | Acquirer         | PLACE_ORDER              |
        | Acquirer         | UCSP             | PLACE_ORDER 00           |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00  |
        | UCSP             | Channel APP      | GET_CARD_LIST            |
        | Channel APP      | UCSP             | GET_CARD_LIST 00         |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD         |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00      |
        | UCSP             | Acquirer         | TRX_RESULT_INQUIRY       |
        | Acquirer         | UCSP             | TRX_RESULT_INQUIRY 25    |
        | UCSP             | Acquirer         | REVERSAL                 |
        | Acquirer         | UCSP             | REVERSAL 00              |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00 |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00 |
        | UCSP             | Channel APP      | GET_CARD_LIST            |
        | Channel APP      | UCSP             | GET_CARD_LIST 00         |
        | UCSP             | Acquirer         | PAY                      |
        | Acquirer         | UCSP             | PAY 94                   |

    Scenario: The acquirer answers PAY with an error, and it is taken back
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the acquirer, asked to pay, says 96
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      And the user pays with the card
      Then nothing was taken for the order
      And both are notified that the payment was declined: 91 "Issuer system error"
      And HKD 100.00 is left on the account
      And the messages were
        | from             | to               | message                  |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER     |
        | UCSP             | Acquirer         | PLACE_ORDER              |
        | Acquirer         | UCSP             | PLACE_ORDER 00           |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00  |
        | UCSP             | Channel APP      | GET_CARD_LIST            |
        | Channel APP      | UCSP             | GET_CARD_LIST 00         |
        | UCSP             | Channel APP      | GET_CARD_PAYLOAD         |
        | Channel APP      | UCSP             | GET_CARD_PAYLOAD 00      |
        | UCSP             | Acquirer         | PAY                      |
        | Acquirer         | UCSP             | PAY 96                   |
        | UCSP             | Acquirer         | REVERSAL                 |
        | Acquirer         | UCSP             | REVERSAL 00              |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE    |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00 |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE    |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00 |

  Rule: Step 4, the acquirer's word counts, whenever and however often it comes

    Scenario: The result overtakes the answer to PAY
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And the result of the acquirer is faster than its answer to PAY
      When Kerbside Parking submits an order of HKD 40.00
      And the user opens the cashier
      And the user pays with the card
      Then the user is sent back to Kerbside Parking, which is told that the payment was accepted
      And both are notified that HKD 40.00 was paid
      And Kerbside Parking was told: paid
      And the order was paid once
      And the messages were
        | from                | to                  | message                    |
        | Industry Service    | UCSP                | SUBMIT_PAYMENT_ORDER       |
        | UCSP                | Acquirer            | PLACE_ORDER                |
        | Acquirer            | UCSP                | PLACE_ORDER 00             |
        | UCSP                | Industry Service    | SUBMIT_PAYMENT_ORDER 00    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
        | Channel APP         | UCSP                | GET_CARD_LIST 00           |
        | UCSP                | Channel APP         | GET_CARD_PAYLOAD           |
        | Channel APP         | UCSP                | GET_CARD_PAYLOAD 00        |
        | UCSP                | Acquirer            | PAY                        |
        | Acquirer            | SCIS                | TOKEN_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | TOKEN_PAYMENT 00           |
        | Acquirer            | UCSP                | PAYMENT_RESULT             |
        | UCSP                | Acquirer            | PAYMENT_RESULT 00          |
        | Acquirer            | UCSP                | PAY 04                     |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE      |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00   |

    Scenario Outline: The result comes twice
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      When the user opens the cashier
      And the user pays with the card
      And the acquirer says <how> what it said before
      Then the acquirer is told 00 "Approved"
      And Kerbside Parking was told: paid
      And the order was paid once
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
        | Acquirer            | UCSP                | PAYMENT_RESULT             |
        | UCSP                | Acquirer            | PAYMENT_RESULT 00          |

      Examples:
        | how                 |
        | in the same message |
        | in another message  |

    Scenario Outline: A result of what there is not
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      When the acquirer says that somebody has paid <what>
      Then the acquirer is told 25 "Unable to locate the original transaction"
      And nothing was taken for the order
      And nobody is notified of the order
      And the messages were
        | from     | to       | message           |
        | Acquirer | UCSP     | PAYMENT_RESULT    |
        | UCSP     | Acquirer | PAYMENT_RESULT 25 |

      Examples:
        | what                       |
        | an order that there is not |
        | another order of its own   |

  Rule: An order can be paid by its code with any UnionPay app; the first payment wins

    Scenario: Another app pays while the cashier is open
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      When the user opens the cashier
      And another cardholder pays the code of the order with Peak Pay
      Then the app is told 00 "Approved"
      And both are notified that HKD 40.00 was paid
      When the user pays with the card
      Then the cashier says 94 "Duplicated transaction"
      And at the cashier the order is paid
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
        | Channel APP         | UCSP                | GET_CARD_LIST 00           |
        | Peak Pay            | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Peak Pay            | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | UCSP                | PAYMENT_RESULT             |
        | UCSP                | Acquirer            | PAYMENT_RESULT 00          |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE      |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00   |

    Scenario: A code that is paid after the order was closed is given back
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      When the user opens the cashier
      And the time of the order is over
      And another cardholder pays the code of the order with Peak Pay
      Then the app is told 00 "Approved"
      And Kerbside Parking was told: closed
      And nothing was taken for the order
      And HKD 5000.00 is left on the other cardholder's account
      And the messages were
        | from                | to                  | message                    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
        | Channel APP         | UCSP                | GET_CARD_LIST 00           |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE      |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | Peak Pay            | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Peak Pay            | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | UCSP                | PAYMENT_RESULT             |
        | UCSP                | Acquirer            | PAYMENT_RESULT 00          |
        | UCSP                | Acquirer            | REFUND                     |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | Acquirer            | UCSP                | REFUND 00                  |
        | SCIS                | Peak Pay            | TRX_RESULT_NOTIFICATION    |
        | Peak Pay            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: A code is paid once
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      When the user opens the cashier
      And another cardholder pays the code of the order with Peak Pay
      And another cardholder pays the code of the order with Peak Pay
      Then the app is told 02 "duplicated QRC transaction and expired QRC"
      And Kerbside Parking was told: paid
      And the order was paid once
      And the messages were
        | from                | to                  | message                    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
        | Channel APP         | UCSP                | GET_CARD_LIST 00           |
        | Peak Pay            | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Peak Pay            | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | UCSP                | PAYMENT_RESULT             |
        | UCSP                | Acquirer            | PAYMENT_RESULT 00          |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE      |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE      |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00   |
        | Peak Pay            | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Peak Pay            | MPQRC_PAYMENT_EMV 02       |

    Scenario: The code and the card are both paid
      Given a user of Harbour Life at Kerbside Parking, with HKD 5000.00 on the card
      And the cardholder answers later
      And an order of HKD 1200.00
      When the user opens the cashier
      And the user pays with the card
      And another cardholder pays the code of the order with Peak Pay
      Then both are notified that HKD 1200.00 was paid
      When the cardholder agrees
      And 3 seconds pass
      Then the order was paid once, and 1 times nothing came of it
      And Kerbside Parking was told: paid
      And HKD 5000.00 is left on the account
      And the messages were
        | from                | to                  | message                         |
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
        | Peak Pay            | SCIS                | MPQRC_PAYMENT_EMV               |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION               |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00            |
        | SCIS                | Peak Pay            | MPQRC_PAYMENT_EMV 00            |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION         |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00      |
        | Acquirer            | UCSP                | PAYMENT_RESULT                  |
        | UCSP                | Acquirer            | PAYMENT_RESULT 00               |
        | UCSP                | Industry Service    | PAYMENT_RESULT_NOTICE           |
        | Industry Service    | UCSP                | PAYMENT_RESULT_NOTICE 00        |
        | UCSP                | Channel APP         | PAYMENT_RESULT_NOTICE           |
        | Channel APP         | UCSP                | PAYMENT_RESULT_NOTICE 00        |
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
        | UCSP                | Acquirer            | REVERSAL                        |
        | Acquirer            | SCIS                | REVERSAL                        |
        | SCIS                | Core Banking System | REVERSAL                        |
        | Core Banking System | SCIS                | REVERSAL 00                     |
        | SCIS                | Acquirer            | REVERSAL 00                     |
        | Acquirer            | UCSP                | REVERSAL 00                     |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION         |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00      |

  Rule: Step 5, an industry that heard nothing asks

    Scenario: An order that nobody has paid yet, and that is closed
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      When Kerbside Parking asks what became of the order
      Then it hears that the order is PENDING
      When the time of the order is over
      And Kerbside Parking asks what became of the order
      Then it hears that the order is CLOSED
      And the messages were
        | from             | to               | message                   |
        | Industry Service | UCSP             | PAYMENT_RESULT_INQUIRY    |
        | UCSP             | Industry Service | PAYMENT_RESULT_INQUIRY 00 |
        | UCSP             | Industry Service | PAYMENT_RESULT_NOTICE     |
        | Industry Service | UCSP             | PAYMENT_RESULT_NOTICE 00  |
        | UCSP             | Channel APP      | PAYMENT_RESULT_NOTICE     |
        | Channel APP      | UCSP             | PAYMENT_RESULT_NOTICE 00  |
        | Industry Service | UCSP             | PAYMENT_RESULT_INQUIRY    |
        | UCSP             | Industry Service | PAYMENT_RESULT_INQUIRY 00 |

    Scenario: An order that is paid, and given back
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      When the user opens the cashier
      And the user pays with the card
      And Kerbside Parking asks what became of the order
      Then it hears that the order is APPROVED
      When the shop gives HKD 15.00 of the order back
      And Kerbside Parking asks what became of the order
      Then it hears that the order is REFUNDED, HKD 15.00 of it
      When the shop gives HKD 25.00 of the order back
      And Kerbside Parking asks what became of the order
      Then it hears that the order is REFUNDED, HKD 40.00 of it
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
        | Industry Service    | UCSP                | PAYMENT_RESULT_INQUIRY     |
        | UCSP                | Industry Service    | PAYMENT_RESULT_INQUIRY 00  |
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
        | Industry Service    | UCSP                | PAYMENT_RESULT_INQUIRY     |
        | UCSP                | Industry Service    | PAYMENT_RESULT_INQUIRY 00  |
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
        | Industry Service    | UCSP                | PAYMENT_RESULT_INQUIRY     |
        | UCSP                | Industry Service    | PAYMENT_RESULT_INQUIRY 00  |

    Scenario: An order of another industry
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And an order of HKD 40.00
      When Junk Boat Travel asks what became of the order of Kerbside Parking
      Then Junk Boat Travel is told 25 "Unable to locate the original transaction"
      And the messages were
        | from             | to               | message                   |
        | Industry Service | UCSP             | PAYMENT_RESULT_INQUIRY    |
        | UCSP             | Industry Service | PAYMENT_RESULT_INQUIRY 25 |
