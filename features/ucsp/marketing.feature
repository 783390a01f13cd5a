Feature: Offers at the cashier
  An offer takes something off what a user pays: an instant discount off the price, incentive money that somebody gives to
  users, or a coupon that the user types in. The cashier proposes the best combination; the user may choose another. What is
  taken off is paid by whoever funds the offer, and the merchant gets the order's whole amount.

  Each offer has a budget. It is taken together with the payment and given back if that fails, so it is never overspent.

  Rule: The best combination is proposed, and the user chooses

    Scenario: One offer of each kind, and what everybody is told of it
      Given a user of Harbour Life at Kerbside Parking, with HKD 500.00 on the card
      And these offers
        | offer            | kind             | off       | paid by                                 |
        | 5 % off parking  | instant discount | 5 %       | 50 % UnionPay and 50 % Kerbside Parking |
        | 3 % off parking  | instant discount | 3 %       | UnionPay                                |
        | 5 from Harbour   | incentive money  | HKD 5.01  | 60 % Harbour Life and 40 % UnionPay     |
        | 10 for everybody | coupon           | HKD 10.00 | the acquirer                            |
      When Kerbside Parking submits an order of HKD 100.00
      And the user opens the cashier
      Then the cashier proposes "5 % off parking" and "5 from Harbour" and "10 for everybody": HKD 79.99 to pay
      When the user pays with the card
      Then both are notified of HKD 79.99 paid and HKD 5.00 "5 % off parking" and HKD 5.01 "5 from Harbour" and HKD 10.00 "10 for everybody" off
      And the acquirer was asked for HKD 79.99 of HKD 100.00
      And of what was taken off, UnionPay pays HKD 4.50
      And of what was taken off, Kerbside Parking pays HKD 2.50
      And of what was taken off, Harbour Life pays HKD 3.01
      And of what was taken off, the acquirer pays HKD 10.00
      And HKD 420.01 is left on the account
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

    Scenario: The user chooses less
      Given a user of Harbour Life at Kerbside Parking, with HKD 500.00 on the card
      And these offers
        | offer           | kind             | off      |
        | 5 % off parking | instant discount | 5 %      |
        | 4 from Harbour  | incentive money  | HKD 4.00 |
      When Kerbside Parking submits an order of HKD 100.00
      And the user opens the cashier
      Then the cashier offers "5 % off parking" and "4 from Harbour"
      When the user chooses "4 from Harbour"
      Then the cashier proposes "4 from Harbour": HKD 96.00 to pay
      When the user pays with the card
      Then both are notified of HKD 96.00 paid and HKD 4.00 "4 from Harbour" off
      And HKD 4.00 of the budget of "4 from Harbour" is used
      And HKD 0.00 of the budget of "5 % off parking" is used
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

    Scenario: The user wants no offer
      Given a user of Harbour Life at Kerbside Parking, with HKD 500.00 on the card
      And these offers
        | offer           | kind             | off |
        | 5 % off parking | instant discount | 5 % |
      When Kerbside Parking submits an order of HKD 100.00
      And the user opens the cashier
      And the user chooses nothing
      Then the cashier proposes nothing: HKD 100.00 to pay
      When the user pays with the card
      Then both are notified that HKD 100.00 was paid
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

    Scenario: Two of a kind
      Given a user of Harbour Life at Kerbside Parking, with HKD 500.00 on the card
      And these offers
        | offer           | kind             | off |
        | 5 % off parking | instant discount | 5 % |
        | 3 % off parking | instant discount | 3 % |
      When Kerbside Parking submits an order of HKD 100.00
      And the user opens the cashier
      And the user chooses "5 % off parking" and "3 % off parking"
      Then the cashier will not have it: "only one of these on a payment: 5 % off parking; 3 % off parking"
      And the cashier proposes "5 % off parking": HKD 95.00 to pay
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |
        | UCSP             | Channel APP      | GET_CARD_LIST           |
        | Channel APP      | UCSP             | GET_CARD_LIST 00        |

    Scenario: A coupon with a code
      Given a user of Harbour Life at Kerbside Parking, with HKD 500.00 on the card
      And these offers
        | offer      | kind   | off       | code    |
        | 20 for you | coupon | HKD 20.00 | YOURS20 |
      When Kerbside Parking submits an order of HKD 100.00
      And the user opens the cashier
      Then the cashier proposes nothing: HKD 100.00 to pay
      When the user types in the code "yours 20"
      Then the cashier proposes "20 for you": HKD 80.00 to pay
      When the user pays with the card
      Then both are notified of HKD 80.00 paid and HKD 20.00 "20 for you" off
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

    Scenario: A code that nobody gave out
      Given a user of Harbour Life at Kerbside Parking, with HKD 500.00 on the card
      And these offers
        | offer      | kind   | off       | code    |
        | 20 for you | coupon | HKD 20.00 | YOURS20 |
      When Kerbside Parking submits an order of HKD 100.00
      And the user opens the cashier
      And the user types in the code "MINE20"
      Then the cashier says of the code: "there is no such coupon"
      And the cashier proposes nothing: HKD 100.00 to pay
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |
        | UCSP             | Channel APP      | GET_CARD_LIST           |
        | Channel APP      | UCSP             | GET_CARD_LIST 00        |

    Scenario: A smallest amount, and the most that a percentage takes off
      Given a user of Harbour Life at Kerbside Parking, with HKD 500.00 on the card
      And these offers
        | offer            | kind             | off       | from       | most     |
        | 10 % off parking | instant discount | 10 %      |            | HKD 8.00 |
        | 50 on 200        | incentive money  | HKD 50.00 | HKD 200.00 |          |
      When Kerbside Parking submits an order of HKD 100.00
      And the user opens the cashier
      Then the cashier proposes "10 % off parking": HKD 92.00 to pay
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |
        | UCSP             | Channel APP      | GET_CARD_LIST           |
        | Channel APP      | UCSP             | GET_CARD_LIST 00        |

    Scenario Outline: An offer that is not for this order
      Given a user of Harbour Life at Kerbside Parking, with HKD 500.00 on the card
      And these offers
        | offer           | kind             | off |
        | 5 % off parking | instant discount | 5 % |
      And the offer "5 % off parking" <change>
      When Kerbside Parking submits an order of HKD 100.00
      And the user opens the cashier
      Then the cashier proposes nothing: HKD 100.00 to pay
      And the messages were
        | from             | to               | message                 |
        | Industry Service | UCSP             | SUBMIT_PAYMENT_ORDER    |
        | UCSP             | Acquirer         | PLACE_ORDER             |
        | Acquirer         | UCSP             | PLACE_ORDER 00          |
        | UCSP             | Industry Service | SUBMIT_PAYMENT_ORDER 00 |
        | UCSP             | Channel APP      | GET_CARD_LIST           |
        | Channel APP      | UCSP             | GET_CARD_LIST 00        |

      Examples:
        | change                  |
        | is paused               |
        | is over                 |
        | begins tomorrow         |
        | is for other channels   |
        | is for other industries |

    Scenario: An offer that ends while the page is open
      Given a user of Harbour Life at Kerbside Parking, with HKD 500.00 on the card
      And these offers
        | offer           | kind             | off |
        | 5 % off parking | instant discount | 5 % |
      When Kerbside Parking submits an order of HKD 100.00
      And the user opens the cashier
      And the offer "5 % off parking" is paused
      And the user pays with the card
      Then the cashier says 12 "Invalid transaction"
      And nothing was taken for the order
      When the user loads the page again and pays with the card
      Then both are notified that HKD 100.00 was paid
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

  Rule: A budget is never overspent, and what fails is given back

    Scenario: Two orders at once, and a budget for one
      Given a user of Harbour Life at Kerbside Parking, with HKD 500.00 on the card
      And these offers
        | offer      | kind            | off       | budget    |
        | 10 for you | incentive money | HKD 10.00 | HKD 15.00 |
      When Kerbside Parking submits an order of HKD 100.00
      And the user opens the cashier
      Then the cashier proposes "10 for you": HKD 90.00 to pay
      When Kerbside Parking submits another order of HKD 100.00
      And the user opens the cashier
      Then the cashier proposes "10 for you": HKD 90.00 to pay
      When the user pays both orders in the same moment with the card
      Then one of both orders is paid, and the other one says 12 "Invalid transaction"
      And HKD 10.00 of the budget of "10 for you" is used
      And HKD 410.00 is left on the account
      When the user opens the cashier of the order that is left
      Then the cashier proposes nothing: HKD 100.00 to pay
      And the messages were
        | from                | to                  | message                    |
        | Industry Service    | UCSP                | SUBMIT_PAYMENT_ORDER       |
        | UCSP                | Acquirer            | PLACE_ORDER                |
        | Acquirer            | UCSP                | PLACE_ORDER 00             |
        | UCSP                | Industry Service    | SUBMIT_PAYMENT_ORDER 00    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
        | Channel APP         | UCSP                | GET_CARD_LIST 00           |
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

    Scenario: Once for each user
      Given a user of Harbour Life at Kerbside Parking, with HKD 500.00 on the card
      And these offers
        | offer      | kind            | off       | each user |
        | 10 for you | incentive money | HKD 10.00 | 1         |
      When Kerbside Parking submits an order of HKD 100.00
      And the user opens the cashier
      And the user pays with the card
      Then both are notified of HKD 90.00 paid and HKD 10.00 "10 for you" off
      When Kerbside Parking submits another order of HKD 100.00
      And the user opens the cashier
      Then the cashier proposes nothing: HKD 100.00 to pay
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
        | UCSP                | Acquirer            | PLACE_ORDER                |
        | Acquirer            | UCSP                | PLACE_ORDER 00             |
        | UCSP                | Industry Service    | SUBMIT_PAYMENT_ORDER 00    |
        | UCSP                | Channel APP         | GET_CARD_LIST              |
        | Channel APP         | UCSP                | GET_CARD_LIST 00           |

    Scenario: The bank declines, and the offer can be had again
      Given a user of Harbour Life at Kerbside Parking, with HKD 10.00 on the card
      And the user has a second card in the app
      And these offers
        | offer      | kind            | off       | budget    | each user |
        | 10 for you | incentive money | HKD 10.00 | HKD 10.00 | 1         |
      And an order of HKD 60.00
      When the user opens the cashier
      And the user pays with the card
      Then both are notified that the payment was declined: 51 "Insufficient balance"
      And HKD 0.00 of the budget of "10 for you" is used
      When the user loads the page again and pays with the second card
      Then both are notified of HKD 50.00 paid and HKD 10.00 "10 for you" off
      And HKD 10.00 of the budget of "10 for you" is used
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

    Scenario: A payment that never came gives its offer back
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And these offers
        | offer      | kind            | off       | budget    |
        | 10 for you | incentive money | HKD 10.00 | HKD 10.00 |
      And an order of HKD 60.00
      And the network keeps PAY back
      When the user opens the cashier
      And the user pays with the card
      Then HKD 10.00 of the budget of "10 for you" is used
      When 30 seconds pass
      Then both are notified that the payment was declined: 91 "Issuer system error"
      And HKD 0.00 of the budget of "10 for you" is used
      And the messages were
        | from             | to               | message                  |
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

    Scenario: The code of the order is for the whole amount
      Given a user of Harbour Life at Kerbside Parking, with HKD 100.00 on the card
      And these offers
        | offer      | kind            | off       |
        | 10 for you | incentive money | HKD 10.00 |
      And an order of HKD 60.00
      When the user opens the cashier
      And another cardholder pays the code of the order with Peak Pay
      Then both are notified that HKD 60.00 was paid
      And HKD 0.00 of the budget of "10 for you" is used
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
