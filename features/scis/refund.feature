Feature: Money that goes back: refunds, cancellations and reversals
  A shop takes goods back, or has typed in too much: its acquirer refunds a part or all of a payment, for half a year.
  On the day of the payment it may cancel it as a whole. And when it has lost sight of a payment that it asked for,
  it reverses it, whatever became of it. The money goes to the account, even if the card is gone.

  Rule: A refund goes to the account, and the cardholder's app hears of it

    Scenario: The chart
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 30.00
      Then the acquirer hears 00 "Approved"
      And the bank was asked to credit HKD 30.00 for HKD 30.00
      And the bank has booked HKD 30.00 and booked it back
      And HKD 100.00 is left on the account
      And the app is notified of a refund of HKD 30.00
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: A payment by the cardholder's code
      Given a cardholder of Peak Pay with HKD 100.00 on the account
      When the cardholder shows a code, and the shop takes HKD 30.00
      And the acquirer refunds HKD 30.00
      Then the acquirer hears 00 "Approved"
      And HKD 100.00 is left on the account
      And the app is notified of a refund of HKD 30.00
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_GENERATION             |
        | SCIS                | App Gateway         | QRC_GENERATION 00          |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The acquirer may name the payment by its settlement key: the one of the notice that it got
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 10.00 by the settlement key
      Then the acquirer hears 00 "Approved"
      And HKD 80.00 is left on the account
      And the app is notified of a refund of HKD 10.00
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: Or by the key that it gave itself
      Given a cardholder with HKD 100.00 on the account
      When the cardholder shows a code, and the shop takes HKD 30.00
      And the acquirer refunds HKD 10.00 by the settlement key
      Then the acquirer hears 00 "Approved"
      And HKD 80.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_GENERATION             |
        | SCIS                | App Gateway         | QRC_GENERATION 00          |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The same message again refunds nothing more
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 10.00
      And the acquirer sends the same message again
      Then the acquirer hears 00 "Approved"
      And the bank has booked HKD 30.00 out and HKD 10.00 back
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Acquirer            | REFUND 00                  |

    Scenario: The card is gone, the account is not
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the cardholder gives the card up
      And the acquirer refunds HKD 30.00
      Then the acquirer hears 00 "Approved"
      And HKD 100.00 is left on the account
      And the app is notified of a refund of HKD 30.00
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | CARD_STATUS_MANAGEMENT     |
        | SCIS                | App Gateway         | CARD_STATUS_MANAGEMENT 00  |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: A coupon's part is not the payer's, and is not refunded to him
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 60.00 with the coupon TENOFF
      And the acquirer refunds HKD 60.00
      Then the acquirer hears 13 "Invalid amount"
      When the acquirer refunds HKD 50.00
      Then the acquirer hears 00 "Approved"
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Acquirer            | REFUND 13                  |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: A shop abroad refunds in its own currency, the account is credited in its own at the day's rate
      Given a cardholder with HKD 100.00 on the account
      And the cardholder is at Tsubaki Tea House
      When the app asks what JPY 400 are in Hong Kong dollars
      Then the app hears that it is HKD 20.68
      When the cardholder pays JPY 1000
      And the next day comes
      And the acquirer refunds JPY 400
      Then the acquirer hears 00 "Approved"
      And the bank was asked to credit HKD 20.68 for JPY 400
      And the bank has booked HKD 51.70 out and HKD 20.68 back
      And the app is notified of a refund of JPY 400
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | EXCHANGE_RATE_INQUIRY      |
        | SCIS                | App Gateway         | EXCHANGE_RATE_INQUIRY 00   |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario Outline: The app asks for a rate
      Given a cardholder with HKD 100.00 on the account
      When the app asks what <amount> are in <currency>
      Then the app hears that it is <result>
      And the messages were
        | from        | to          | message                  |
        | App Gateway | SCIS        | EXCHANGE_RATE_INQUIRY    |
        | SCIS        | App Gateway | EXCHANGE_RATE_INQUIRY 00 |

      Examples:
        | amount     | currency          | result     |
        | HKD 100.00 | yen               | JPY 1934   |
        | JPY 1000   | Hong Kong dollars | HKD 51.70  |
        | HKD 100.00 | Hong Kong dollars | HKD 100.00 |

    Scenario Outline: The app asks for a rate that there is not
      Given a cardholder with HKD 100.00 on the account
      When the app asks what <amount> are in <currency>
      Then the app is told <code> "<text>"
      And the messages were
        | from        | to          | message                      |
        | App Gateway | SCIS        | EXCHANGE_RATE_INQUIRY        |
        | SCIS        | App Gateway | EXCHANGE_RATE_INQUIRY <code> |

      Examples:
        | amount     | currency                       | code | text                |
        | HKD 100.00 | a currency that does not exist | 12   | Invalid transaction |
        | SEK 100.00 | Hong Kong dollars              | 12   | Invalid transaction |
        | HKD 0.00   | yen                            | 13   | Invalid amount      |

  Rule: Never more than was paid, and never of what is not there

    Scenario: More than was paid
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 30.01
      Then the acquirer hears 13 "Invalid amount"
      And HKD 70.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Acquirer            | REFUND 13                  |

    Scenario: Two parts, and then more than is left
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 10.00
      And the acquirer refunds HKD 15.00
      Then the acquirer hears 00 "Approved"
      And HKD 95.00 is left on the account
      When the acquirer refunds HKD 5.01
      Then the acquirer hears 13 "Invalid amount"
      When the acquirer refunds HKD 5.00
      Then the acquirer hears 00 "Approved"
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Acquirer            | REFUND 13                  |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: In another currency
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer refunds USD 3.00
      Then the acquirer hears 12 "Invalid transaction"
      And HKD 70.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Acquirer            | REFUND 12                  |

    Scenario: Nothing at all
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 0.00
      Then the acquirer hears 13 "Invalid amount"
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Acquirer            | REFUND 13                  |

    Scenario: The payment was declined
      Given a cardholder with HKD 20.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 30.00
      Then the acquirer hears 12 "Invalid transaction"
      And HKD 20.00 is left on the account
      And the messages were
        | from                | to                  | message              |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV    |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION    |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 51 |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 51 |
        | Acquirer            | SCIS                | REFUND               |
        | SCIS                | Acquirer            | REFUND 12            |

    Scenario: Nobody knows yet what became of the payment
      Given a cardholder with HKD 100.00 on the account
      And the bank decides, but its answer gets lost
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 30.00
      Then the acquirer hears 12 "Invalid transaction"
      When 2 seconds pass
      And the acquirer refunds HKD 30.00
      Then the acquirer hears 00 "Approved"
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 04       |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Acquirer            | REFUND 12                  |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario Outline: There was no such payment
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer <does> HKD 30.00 of a payment that never was
      Then the acquirer hears 25 "Unable to locate the original transaction"
      And HKD 70.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | <message>                  |
        | SCIS                | Acquirer            | <message> 25               |

      Examples:
        | does    | message      |
        | refunds | REFUND       |
        | cancels | CANCELLATION |

    Scenario: It was another acquirer's
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And another acquirer refunds HKD 30.00
      Then the acquirer hears 25 "Unable to locate the original transaction"
      And HKD 70.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Acquirer            | REFUND 25                  |

    Scenario: A refund is no payment
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 30.00
      And the acquirer refunds HKD 30.00 of the refund
      Then the acquirer hears 25 "Unable to locate the original transaction"
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Acquirer            | REFUND 25                  |

    Scenario: A settlement key is one refund
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 10.00
      And the acquirer refunds HKD 10.00 under the settlement key of the refund before
      Then the acquirer hears 94 "Duplicated transaction"
      And the bank has booked HKD 30.00 out and HKD 10.00 back
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Acquirer            | REFUND 94                  |

    Scenario: Half a year is long enough
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And 181 days pass
      And the acquirer refunds HKD 30.00
      Then the acquirer hears 12 "Invalid transaction"
      And HKD 70.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Acquirer            | REFUND 12                  |

    Scenario: On the last day it is still refunded
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And 180 days pass
      And the acquirer refunds HKD 30.00
      Then the acquirer hears 00 "Approved"
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

  Rule: A refund that nobody knows of is sent again until it is known, never taken back

    Scenario: The bank has not heard of it
      Given a cardholder with HKD 100.00 on the account
      And the bank does not answer the credit, and books nothing
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 10.00
      Then the acquirer hears 04 "Pending. Transaction result is unknown. Please check later."
      When the acquirer asks what became of what it sent last
      Then the acquirer learns that it is PENDING
      When 30 seconds pass
      And the acquirer sends the same message again
      Then the acquirer hears 00 "Approved"
      And the bank has booked HKD 30.00 out and HKD 10.00 back
      And the app is notified of a refund of HKD 10.00
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | SCIS                | Acquirer            | REFUND 04                  |
        | Acquirer            | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | Acquirer            | TRX_RESULT_INQUIRY 00      |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25      |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Acquirer            | REFUND 00                  |

    Scenario: The bank has booked it, and knows of nothing when it is asked
      Given a cardholder with HKD 100.00 on the account
      And the bank books the credit, loses its answer, and knows of nothing when it is asked
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 10.00
      Then the acquirer hears 04 "Pending. Transaction result is unknown. Please check later."
      When 30 seconds pass
      Then the bank has booked HKD 30.00 out and HKD 10.00 back
      And the app is notified of a refund of HKD 10.00
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | SCIS                | Acquirer            | REFUND 04                  |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25      |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: What is being refunded cannot be refunded a second time
      Given a cardholder with HKD 100.00 on the account
      And the bank books nothing of the credit and says ZZ
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 20.00
      Then the acquirer hears 04 "Pending. Transaction result is unknown. Please check later."
      When the acquirer refunds HKD 20.00
      Then the acquirer hears 13 "Invalid amount"
      When 30 seconds pass
      Then the bank has booked HKD 30.00 out and HKD 20.00 back
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION ZZ      |
        | SCIS                | Acquirer            | REFUND 04                  |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Acquirer            | REFUND 13                  |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25      |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: What the bank has refused to refund can be tried again
      Given a cardholder with HKD 100.00 on the account
      And the bank books nothing of the credit and says 57
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 30.00
      Then the acquirer hears 57 "Transaction not permitted to cardholder"
      When the acquirer refunds HKD 30.00
      Then the acquirer hears 00 "Approved"
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 57      |
        | SCIS                | Acquirer            | REFUND 57                  |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The bank knows of no such payment
      Given a cardholder with HKD 100.00 on the account
      And the bank books nothing of the credit and says 25
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 30.00
      Then the acquirer hears 25 "Unable to locate the original transaction"
      When the acquirer refunds HKD 30.00
      Then the acquirer hears 00 "Approved"
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 25      |
        | SCIS                | Acquirer            | REFUND 25                  |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

  Rule: A cancellation undoes the whole payment, on its day

    Scenario: On the same day
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer cancels HKD 30.00
      Then the acquirer hears 00 "Approved"
      And the bank has booked HKD 30.00 and booked it back
      And the app is notified of a cancellation of HKD 30.00
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CANCELLATION               |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | Acquirer            | CANCELLATION 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: By the settlement key, and of a payment by the cardholder's code
      Given a cardholder with HKD 100.00 on the account
      When the cardholder shows a code, and the shop takes HKD 30.00
      And the acquirer cancels HKD 30.00 by the settlement key
      Then the acquirer hears 00 "Approved"
      And HKD 100.00 is left on the account
      And the app is notified of a cancellation of HKD 30.00
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_GENERATION             |
        | SCIS                | App Gateway         | QRC_GENERATION 00          |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CANCELLATION               |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | Acquirer            | CANCELLATION 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: With a coupon: in full is what was asked for, and what the payer paid comes back
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 60.00 with the coupon TENOFF
      And the acquirer cancels HKD 60.00
      Then the acquirer hears 00 "Approved"
      And the bank has booked HKD 50.00 and booked it back
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CANCELLATION               |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | Acquirer            | CANCELLATION 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: A shop abroad: what was debited comes back to the cent
      Given a cardholder with HKD 100.00 on the account
      And the cardholder is at Tsubaki Tea House
      When the cardholder pays JPY 1000
      And the acquirer cancels JPY 1000
      Then the acquirer hears 00 "Approved"
      And the bank has booked HKD 51.70 and booked it back
      And the app is notified of a cancellation of JPY 1000
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CANCELLATION               |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | Acquirer            | CANCELLATION 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario Outline: A part is not the whole
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer cancels <amount>
      Then the acquirer hears <code> "<text>"
      And HKD 70.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CANCELLATION               |
        | SCIS                | Acquirer            | CANCELLATION <code>        |

      Examples:
        | amount    | code | text                |
        | HKD 29.00 | 13   | Invalid amount      |
        | HKD 31.00 | 13   | Invalid amount      |
        | USD 30.00 | 12   | Invalid transaction |

    Scenario: The next day it is too late; a refund is not
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the next day comes
      And the acquirer cancels HKD 30.00
      Then the acquirer hears 12 "Invalid transaction"
      When the acquirer refunds HKD 30.00
      Then the acquirer hears 00 "Approved"
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CANCELLATION               |
        | SCIS                | Acquirer            | CANCELLATION 12            |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: After a refund
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer refunds HKD 1.00
      And the acquirer cancels HKD 30.00
      Then the acquirer hears 12 "Invalid transaction"
      And HKD 71.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CANCELLATION               |
        | SCIS                | Acquirer            | CANCELLATION 12            |

    Scenario: A refund after it
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer cancels HKD 30.00
      And the acquirer refunds HKD 1.00
      Then the acquirer hears 13 "Invalid amount"
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CANCELLATION               |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | Acquirer            | CANCELLATION 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Acquirer            | REFUND 13                  |

    Scenario: A second one
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the acquirer cancels HKD 30.00
      And the acquirer cancels HKD 30.00
      Then the acquirer hears 12 "Invalid transaction"
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CANCELLATION               |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | Acquirer            | CANCELLATION 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CANCELLATION               |
        | SCIS                | Acquirer            | CANCELLATION 12            |

    Scenario: The bank does not answer the cancellation: it is sent again until it is confirmed
      Given a cardholder with HKD 100.00 on the account
      And the bank does not answer the next reversal
      When the cardholder pays HKD 30.00
      And the acquirer cancels HKD 30.00
      Then the acquirer hears 04 "Pending. Transaction result is unknown. Please check later."
      When 2 seconds pass
      Then the app is notified of a cancellation of HKD 30.00
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CANCELLATION               |
        | SCIS                | Core Banking System | REVERSAL                   |
        | SCIS                | Acquirer            | CANCELLATION 04            |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

  Rule: An acquirer that has lost sight of a payment reverses it, whatever became of it

    Scenario: It was approved
      Given a cardholder with HKD 100.00 on the account
      When the cardholder shows a code, and the shop takes HKD 30.00
      And the acquirer reverses HKD 30.00
      Then the acquirer hears 00 "Approved"
      And the bank has booked HKD 30.00 and booked it back
      And the app is notified of a reversal of HKD 30.00
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_GENERATION             |
        | SCIS                | App Gateway         | QRC_GENERATION 00          |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REVERSAL                   |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | Acquirer            | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: It was approved, and the reversal comes twice
      Given a cardholder with HKD 100.00 on the account
      When the cardholder shows a code, and the shop takes HKD 30.00
      And the acquirer reverses HKD 30.00
      And the acquirer sends the same message again
      Then the acquirer hears 00 "Approved"
      When the acquirer reverses HKD 30.00
      Then the acquirer hears 94 "Duplicated transaction"
      And the bank has booked HKD 30.00 and booked it back
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_GENERATION             |
        | SCIS                | App Gateway         | QRC_GENERATION 00          |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REVERSAL                   |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | Acquirer            | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REVERSAL                   |
        | SCIS                | Acquirer            | REVERSAL 00                |
        | Acquirer            | SCIS                | REVERSAL                   |
        | SCIS                | Acquirer            | REVERSAL 94                |

    Scenario: It was approved, and a part was refunded
      Given a cardholder with HKD 100.00 on the account
      When the cardholder shows a code, and the shop takes HKD 30.00
      And the acquirer refunds HKD 10.00
      And the acquirer reverses HKD 30.00
      Then the acquirer hears 12 "Invalid transaction"
      And HKD 80.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_GENERATION             |
        | SCIS                | App Gateway         | QRC_GENERATION 00          |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REFUND                     |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | Acquirer            | REFUND 00                  |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REVERSAL                   |
        | SCIS                | Acquirer            | REVERSAL 12                |

    Scenario: A part of it is no reversal
      Given a cardholder with HKD 100.00 on the account
      When the cardholder shows a code, and the shop takes HKD 30.00
      And the acquirer reverses HKD 10.00
      Then the acquirer hears 13 "Invalid amount"
      And HKD 70.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_GENERATION             |
        | SCIS                | App Gateway         | QRC_GENERATION 00          |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REVERSAL                   |
        | SCIS                | Acquirer            | REVERSAL 13                |

    Scenario: It was declined: there is nothing to take back
      Given a cardholder with HKD 20.00 on the account
      When the cardholder shows a code, and the shop takes HKD 30.00
      And the acquirer reverses HKD 30.00
      Then the acquirer hears 00 "Approved"
      And the bank has booked nothing
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_GENERATION             |
        | SCIS                | App Gateway         | QRC_GENERATION 00          |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 51       |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 51           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REVERSAL                   |
        | SCIS                | Acquirer            | REVERSAL 00                |

    Scenario: It waits for the cardholder, whose word comes too late
      Given a cardholder with HKD 2000.00 on the account
      When the cardholder shows a code, and the shop takes HKD 1200.00
      Then the acquirer hears 04 "Pending. Transaction result is unknown. Please check later."
      When the acquirer reverses HKD 1200.00
      Then the acquirer hears 00 "Approved"
      And the app is notified that the shop's payment was declined: 12 "Invalid transaction"
      When the cardholder agrees to the shop's payment, too late
      Then the bank has booked nothing
      And HKD 2000.00 is left on the account
      And the messages were
        | from        | to          | message                         |
        | App Gateway | SCIS        | QRC_GENERATION                  |
        | SCIS        | App Gateway | QRC_GENERATION 00               |
        | Acquirer    | SCIS        | CPQRC_PAYMENT                   |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING           |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING 00        |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 04                |
        | Acquirer    | SCIS        | REVERSAL                        |
        | SCIS        | Acquirer    | REVERSAL 00                     |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION         |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00      |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING_RESULT 12 |

    Scenario: Nobody knows what became of it: it is reversed at the bank at once
      Given a cardholder with HKD 100.00 on the account
      And the bank decides, but its answer gets lost
      When the cardholder shows a code, and the shop takes HKD 30.00
      Then the acquirer hears 04 "Pending. Transaction result is unknown. Please check later."
      When the acquirer reverses HKD 30.00
      Then the acquirer hears 00 "Approved"
      And the app is notified that the shop's payment was declined: 91 "Issuer system error"
      And the bank has booked HKD 30.00 and booked it back
      When the acquirer asks what became of the shop's payment
      Then the acquirer learns that it is REVERSED
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_GENERATION             |
        | SCIS                | App Gateway         | QRC_GENERATION 00          |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 04           |
        | Acquirer            | SCIS                | REVERSAL                   |
        | SCIS                | Acquirer            | REVERSAL 00                |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | Acquirer            | TRX_RESULT_INQUIRY 00      |

    Scenario: It never came, and when it comes after all it is too late
      Given a cardholder with HKD 100.00 on the account
      And the shop takes HKD 30.00 by a code, and its message is stuck on the way
      When the acquirer reverses HKD 30.00
      Then the acquirer hears 00 "Approved"
      When the message that was stuck arrives
      Then the acquirer hears 94 "Duplicated transaction"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                    |
        | App Gateway | SCIS        | QRC_GENERATION             |
        | SCIS        | App Gateway | QRC_GENERATION 00          |
        | Acquirer    | SCIS        | REVERSAL                   |
        | SCIS        | Acquirer    | REVERSAL 00                |
        | Acquirer    | SCIS        | CPQRC_PAYMENT              |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 94           |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION    |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00 |

    Scenario: It never came, and was named by its settlement key
      Given a cardholder with HKD 100.00 on the account
      And the shop takes HKD 30.00 by a code, and its message is stuck on the way
      When the acquirer reverses HKD 30.00 by the settlement key
      And the message that was stuck arrives
      Then the acquirer hears 94 "Duplicated transaction"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                    |
        | App Gateway | SCIS        | QRC_GENERATION             |
        | SCIS        | App Gateway | QRC_GENERATION 00          |
        | Acquirer    | SCIS        | REVERSAL                   |
        | SCIS        | Acquirer    | REVERSAL 00                |
        | Acquirer    | SCIS        | CPQRC_PAYMENT              |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 94           |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION    |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The bank does not answer the reversal: it is sent again until it is confirmed
      Given a cardholder with HKD 100.00 on the account
      And the bank does not answer the next reversal
      When the cardholder shows a code, and the shop takes HKD 30.00
      And the acquirer reverses HKD 30.00
      Then the acquirer hears 04 "Pending. Transaction result is unknown. Please check later."
      When 2 seconds pass
      And the acquirer asks what became of what it sent last
      Then the acquirer learns that it is APPROVED
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_GENERATION             |
        | SCIS                | App Gateway         | QRC_GENERATION 00          |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | REVERSAL                   |
        | SCIS                | Core Banking System | REVERSAL                   |
        | SCIS                | Acquirer            | REVERSAL 04                |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | Acquirer            | TRX_RESULT_INQUIRY 00      |
