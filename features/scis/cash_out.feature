Feature: Cash from a machine, and a card at a cashier
  A cardholder asks the app for a cash token, types it in at a machine and draws that sum: the bank makes the token,
  the machine's acquirer redeems it, once. And a cashier that knows the card charges it, with the cardholder's
  consent where the sum is high.

  Rule: A token pays out its own sum, once

    Scenario Outline: The chart
      Given a cardholder of <app> with HKD 500.00 on the account
      When the cardholder asks for a cash token of HKD 300.00
      Then the app is told 00 "Approved"
      And HKD 500.00 is left on the account
      When a machine is asked for HKD 300.00 with the token
      Then the acquirer hears 00 "Approved"
      And the bank has booked HKD 300.00 once
      And HKD 200.00 is left on the account
      And the app is notified that the withdrawal was approved
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | GET_CASH_OUT_TOKEN         |
        | SCIS                | Core Banking System | GET_CASH_OUT_TOKEN         |
        | Core Banking System | SCIS                | GET_CASH_OUT_TOKEN 00      |
        | SCIS                | App Gateway         | GET_CASH_OUT_TOKEN 00      |
        | Acquirer            | SCIS                | WITHDRAW                   |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | WITHDRAW 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | app            |
        | Harbour Wallet |
        | Peak Pay       |

    Scenario: The app asks again in the same message, and gets the same token
      Given a cardholder with HKD 500.00 on the account
      When the cardholder asks for a cash token of HKD 300.00
      And the app asks again for that token
      Then the app is told 00 "Approved"
      And the app has got the same token twice
      And the messages were
        | from                | to                  | message               |
        | App Gateway         | SCIS                | GET_CASH_OUT_TOKEN    |
        | SCIS                | Core Banking System | GET_CASH_OUT_TOKEN    |
        | Core Banking System | SCIS                | GET_CASH_OUT_TOKEN 00 |
        | SCIS                | App Gateway         | GET_CASH_OUT_TOKEN 00 |
        | App Gateway         | SCIS                | GET_CASH_OUT_TOKEN    |
        | SCIS                | App Gateway         | GET_CASH_OUT_TOKEN 00 |

    Scenario Outline: Another sum
      Given a cardholder with HKD 500.00 on the account
      When the cardholder asks for a cash token of HKD 300.00
      And a machine is asked for <amount> with the token
      Then the acquirer hears <code> "<text>"
      And the bank has booked nothing
      When a machine is asked for HKD 300.00 with the token
      Then the acquirer hears 00 "Approved"
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | GET_CASH_OUT_TOKEN         |
        | SCIS                | Core Banking System | GET_CASH_OUT_TOKEN         |
        | Core Banking System | SCIS                | GET_CASH_OUT_TOKEN 00      |
        | SCIS                | App Gateway         | GET_CASH_OUT_TOKEN 00      |
        | Acquirer            | SCIS                | WITHDRAW                   |
        | SCIS                | Acquirer            | WITHDRAW <code>            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | WITHDRAW                   |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | WITHDRAW 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | amount     | code | text                |
        | HKD 299.00 | 13   | Invalid amount      |
        | HKD 301.00 | 13   | Invalid amount      |
        | USD 300.00 | 12   | Invalid transaction |

    Scenario: A token that nobody was given
      Given a cardholder with HKD 500.00 on the account
      When a machine is asked for HKD 300.00 with a token that nobody was given
      Then the acquirer hears 12 "Invalid transaction"
      And the bank has booked nothing
      And the messages were
        | from     | to       | message     |
        | Acquirer | SCIS     | WITHDRAW    |
        | SCIS     | Acquirer | WITHDRAW 12 |

    Scenario: A second time
      Given a cardholder with HKD 1000.00 on the account
      When the cardholder asks for a cash token of HKD 300.00
      And a machine is asked for HKD 300.00 with the token
      And a machine is asked for HKD 300.00 with the token
      Then the acquirer hears 02 "duplicated QRC transaction and expired QRC"
      And the bank has booked HKD 300.00 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | GET_CASH_OUT_TOKEN         |
        | SCIS                | Core Banking System | GET_CASH_OUT_TOKEN         |
        | Core Banking System | SCIS                | GET_CASH_OUT_TOKEN 00      |
        | SCIS                | App Gateway         | GET_CASH_OUT_TOKEN 00      |
        | Acquirer            | SCIS                | WITHDRAW                   |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | WITHDRAW 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | WITHDRAW                   |
        | SCIS                | Acquirer            | WITHDRAW 02                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The acquirer sends the same message again, and no second sum is booked
      Given a cardholder with HKD 1000.00 on the account
      When the cardholder asks for a cash token of HKD 300.00
      And a machine is asked for HKD 300.00 with the token
      And the acquirer repeats the withdrawal
      Then the acquirer hears 00 "Approved"
      And the bank has booked HKD 300.00 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | GET_CASH_OUT_TOKEN         |
        | SCIS                | Core Banking System | GET_CASH_OUT_TOKEN         |
        | Core Banking System | SCIS                | GET_CASH_OUT_TOKEN 00      |
        | SCIS                | App Gateway         | GET_CASH_OUT_TOKEN 00      |
        | Acquirer            | SCIS                | WITHDRAW                   |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | WITHDRAW 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | WITHDRAW                   |
        | SCIS                | Acquirer            | WITHDRAW 00                |

    Scenario: Too late
      Given a cardholder with HKD 500.00 on the account
      When the cardholder asks for a cash token of HKD 300.00
      And 30 minutes pass
      And a machine is asked for HKD 300.00 with the token
      Then the acquirer hears 02 "duplicated QRC transaction and expired QRC"
      And the bank has booked nothing
      And the app is notified that the withdrawal was declined: 02 "duplicated QRC transaction and expired QRC"
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | GET_CASH_OUT_TOKEN         |
        | SCIS                | Core Banking System | GET_CASH_OUT_TOKEN         |
        | Core Banking System | SCIS                | GET_CASH_OUT_TOKEN 00      |
        | SCIS                | App Gateway         | GET_CASH_OUT_TOKEN 00      |
        | Acquirer            | SCIS                | WITHDRAW                   |
        | SCIS                | Acquirer            | WITHDRAW 02                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: A minute before
      Given a cardholder with HKD 500.00 on the account
      When the cardholder asks for a cash token of HKD 300.00
      And 29 minutes pass
      And a machine is asked for HKD 300.00 with the token
      Then the acquirer hears 00 "Approved"
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | GET_CASH_OUT_TOKEN         |
        | SCIS                | Core Banking System | GET_CASH_OUT_TOKEN         |
        | Core Banking System | SCIS                | GET_CASH_OUT_TOKEN 00      |
        | SCIS                | App Gateway         | GET_CASH_OUT_TOKEN 00      |
        | Acquirer            | SCIS                | WITHDRAW                   |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | WITHDRAW 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: Too little on the account; with more the same token pays
      Given a cardholder with HKD 200.00 on the account
      When the cardholder asks for a cash token of HKD 300.00
      And a machine is asked for HKD 300.00 with the token
      Then the acquirer hears 51 "Insufficient balance"
      And the app is notified that the withdrawal was declined: 51 "Insufficient balance"
      When Harbour Power & Light pays the cardholder HKD 100.00
      And a machine is asked for HKD 300.00 with the token
      Then the acquirer hears 00 "Approved"
      And HKD 0.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | GET_CASH_OUT_TOKEN         |
        | SCIS                | Core Banking System | GET_CASH_OUT_TOKEN         |
        | Core Banking System | SCIS                | GET_CASH_OUT_TOKEN 00      |
        | SCIS                | App Gateway         | GET_CASH_OUT_TOKEN 00      |
        | Acquirer            | SCIS                | WITHDRAW                   |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 51       |
        | SCIS                | Acquirer            | WITHDRAW 51                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION         |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 00      |
        | Acquirer            | SCIS                | WITHDRAW                   |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | WITHDRAW 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The card was given up meanwhile
      Given a cardholder with HKD 500.00 on the account
      When the cardholder asks for a cash token of HKD 300.00
      And the cardholder gives the card up
      And a machine is asked for HKD 300.00 with the token
      Then the acquirer hears 21 "Card status error"
      And the bank has booked nothing
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | GET_CASH_OUT_TOKEN         |
        | SCIS                | Core Banking System | GET_CASH_OUT_TOKEN         |
        | Core Banking System | SCIS                | GET_CASH_OUT_TOKEN 00      |
        | SCIS                | App Gateway         | GET_CASH_OUT_TOKEN 00      |
        | App Gateway         | SCIS                | CARD_STATUS_MANAGEMENT     |
        | SCIS                | App Gateway         | CARD_STATUS_MANAGEMENT 00  |
        | Acquirer            | SCIS                | WITHDRAW                   |
        | SCIS                | Acquirer            | WITHDRAW 21                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The bank is silent at the machine, and has booked nothing
      Given a cardholder with HKD 500.00 on the account
      And the bank does not answer, and books nothing
      When the cardholder asks for a cash token of HKD 300.00
      And a machine is asked for HKD 300.00 with the token
      Then the acquirer hears 04 "Pending. Transaction result is unknown. Please check later."
      When a machine is asked for HKD 300.00 with the token
      Then the acquirer hears 02 "duplicated QRC transaction and expired QRC"
      When 30 seconds pass
      And a machine is asked for HKD 300.00 with the token
      Then the acquirer hears 00 "Approved"
      And HKD 200.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | GET_CASH_OUT_TOKEN         |
        | SCIS                | Core Banking System | GET_CASH_OUT_TOKEN         |
        | Core Banking System | SCIS                | GET_CASH_OUT_TOKEN 00      |
        | SCIS                | App Gateway         | GET_CASH_OUT_TOKEN 00      |
        | Acquirer            | SCIS                | WITHDRAW                   |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | SCIS                | Acquirer            | WITHDRAW 04                |
        | Acquirer            | SCIS                | WITHDRAW                   |
        | SCIS                | Acquirer            | WITHDRAW 02                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25      |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | WITHDRAW                   |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | WITHDRAW 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

  Rule: Who gets a token

    Scenario: The issuer does not do cash
      Given a cardholder with HKD 500.00 on the account
      And the card's issuer does no cash
      When the cardholder asks for a cash token of HKD 300.00
      Then the app is told 40 "The transaction is not supported by the issuer."
      And the messages were
        | from        | to          | message               |
        | App Gateway | SCIS        | GET_CASH_OUT_TOKEN    |
        | SCIS        | App Gateway | GET_CASH_OUT_TOKEN 40 |

    Scenario Outline: The card may not
      Given a cardholder with HKD 500.00 on the account
      And the card is <state>
      When the cardholder asks for a cash token of HKD 300.00
      Then the app is told <code> "<text>"
      And the messages were
        | from        | to          | message                   |
        | App Gateway | SCIS        | GET_CASH_OUT_TOKEN        |
        | SCIS        | App Gateway | GET_CASH_OUT_TOKEN <code> |

      Examples:
        | state                   | code | text              |
        | suspended by its holder | 21   | Card status error |
        | reported stolen         | 43   | Stolen card       |

    Scenario Outline: Not this sum
      Given a cardholder with HKD 500.00 on the account
      And the card's issuer allows at most HKD 400.00 a payment
      When the cardholder asks for a cash token of <amount>
      Then the app is told <code> "<text>"
      And the messages were
        | from        | to          | message                   |
        | App Gateway | SCIS        | GET_CASH_OUT_TOKEN        |
        | SCIS        | App Gateway | GET_CASH_OUT_TOKEN <code> |

      Examples:
        | amount     | code | text                          |
        | HKD 0.00   | 13   | Invalid amount                |
        | HKD 401.00 | 61   | Exceeds approval amount limit |
        | JPY 1000   | 12   | Invalid transaction           |

  Rule: A cashier that knows the card charges it

    Scenario: A small sum
      Given a cardholder with HKD 100.00 on the account
      When a cashier charges the card HKD 30.00
      Then the acquirer hears 00 "Approved"
      And the bank has booked HKD 30.00 once
      And the app is notified that the charge was approved
      And the messages were
        | from                | to                  | message                    |
        | Acquirer            | SCIS                | TOKEN_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | TOKEN_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: Another expiry is another card
      Given a cardholder with HKD 100.00 on the account
      When a cashier charges the card HKD 30.00, naming another expiry
      Then the acquirer hears 54 "Expired card."
      And the bank has booked nothing
      And the app is notified that the charge was declined: 54 "Expired card."
      And the messages were
        | from        | to          | message                    |
        | Acquirer    | SCIS        | TOKEN_PAYMENT              |
        | SCIS        | Acquirer    | TOKEN_PAYMENT 54           |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION    |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00 |

    Scenario: A discount that the cashier grants is off for the payer
      Given a cardholder with HKD 100.00 on the account
      When a cashier charges the card HKD 50.00: HKD 60.00 less HKD 10.00
      Then the acquirer hears 00 "Approved"
      And the bank has booked HKD 50.00 once
      And the messages were
        | from                | to                  | message                    |
        | Acquirer            | SCIS                | TOKEN_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | TOKEN_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario Outline: Discounts must add up
      Given a cardholder with HKD 100.00 on the account
      When a cashier charges the card <net>: <gross> less <off>
      Then the acquirer hears 13 "Invalid amount"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                    |
        | Acquirer    | SCIS        | TOKEN_PAYMENT              |
        | SCIS        | Acquirer    | TOKEN_PAYMENT 13           |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION    |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | net       | gross     | off       |
        | HKD 50.00 | HKD 60.00 | HKD 9.99  |
        | HKD 50.00 | HKD 50.00 | HKD 10.00 |
        | HKD 50.00 | HKD 40.00 | HKD 10.00 |

    Scenario: Too little on the account
      Given a cardholder with HKD 20.00 on the account
      When a cashier charges the card HKD 30.00
      Then the acquirer hears 51 "Insufficient balance"
      And the app is notified that the charge was declined: 51 "Insufficient balance"
      And the messages were
        | from                | to                  | message                    |
        | Acquirer            | SCIS                | TOKEN_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 51       |
        | SCIS                | Acquirer            | TOKEN_PAYMENT 51           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: A charge is refunded as every payment
      Given a cardholder with HKD 100.00 on the account
      When a cashier charges the card HKD 30.00
      And the acquirer refunds HKD 10.00 of the charge
      Then the acquirer hears 00 "Approved"
      And HKD 80.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | Acquirer            | SCIS                | TOKEN_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | TOKEN_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

  Rule: Above the card's limit the cardholder is asked first

    Scenario: The cardholder agrees
      Given a cardholder with HKD 2000.00 on the account
      When a cashier charges the card HKD 1200.00
      Then the acquirer hears 04 "Pending. Transaction result is unknown. Please check later."
      And the bank has booked nothing
      When the cardholder agrees to the charge in the app
      Then the app is told 00 "Approved"
      And the bank has booked HKD 1200.00 once
      And the app is notified that the charge was approved
      When the acquirer asks what became of the charge
      Then the acquirer learns that it is APPROVED
      And the messages were
        | from                | to                  | message                         |
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

    Scenario: The cardholder refuses
      Given a cardholder with HKD 2000.00 on the account
      When a cashier charges the card HKD 1200.00
      And the cardholder refuses the charge in the app
      Then the bank has booked nothing
      And the app is notified that the charge was declined: 05 "Cardholder verification fails."
      When the acquirer asks what became of the charge
      Then the acquirer learns that it is DECLINED
      And the messages were
        | from        | to          | message                         |
        | Acquirer    | SCIS        | TOKEN_PAYMENT                   |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING           |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING 00        |
        | SCIS        | Acquirer    | TOKEN_PAYMENT 04                |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING_RESULT 00 |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION         |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00      |
        | Acquirer    | SCIS        | TRX_RESULT_INQUIRY              |
        | SCIS        | Acquirer    | TRX_RESULT_INQUIRY 00           |

    Scenario: The cardholder says nothing for two minutes
      Given a cardholder with HKD 2000.00 on the account
      When a cashier charges the card HKD 1200.00
      And 3 minutes pass
      Then the bank has booked nothing
      And the app is notified that the charge was declined: 98 "Timeout"
      When the cardholder agrees to the charge in the app
      Then the app is told 12 "Invalid transaction"
      And the messages were
        | from        | to          | message                         |
        | Acquirer    | SCIS        | TOKEN_PAYMENT                   |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING           |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING 00        |
        | SCIS        | Acquirer    | TOKEN_PAYMENT 04                |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION         |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00      |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING_RESULT 12 |

    Scenario: The limit itself is not above it
      Given a cardholder with HKD 2000.00 on the account
      When a cashier charges the card HKD 1000.00
      Then the acquirer hears 00 "Approved"
      And HKD 1000.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | Acquirer            | SCIS                | TOKEN_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | TOKEN_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
