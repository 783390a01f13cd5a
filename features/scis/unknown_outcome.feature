Feature: What the bank's word is worth
  A bank may approve, decline, fail, contradict itself or say nothing. SCIS tells the payer only what is proven:
  a decline that the bank did not prove is followed by a reversal, and what nobody knows is called pending until
  it is known. The scenarios pay in EMV mode; every debit goes the same way.

  Rule: The bank's word is told to the payer in the words of SCIS

    Scenario Outline: The bank declines, and nothing is booked
      Given a cardholder with HKD 100.00 on the account
      And the bank books nothing and says <bank>
      When the cardholder pays HKD 30.00
      Then the app is told <code> "<text>"
      When 60 seconds pass
      Then HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                  |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV        |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION        |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION <bank> |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV <code> |

      Examples: in the same words
        | bank | code | text                                            |
        | 01   | 01   | Please refer to the card issuer                 |
        | 03   | 03   | Invalid merchant                                |
        | 05   | 05   | Cardholder verification fails.                  |
        | 12   | 12   | Invalid transaction                             |
        | 13   | 13   | Invalid amount                                  |
        | 14   | 14   | Invalid card number                             |
        | 15   | 15   | No such issuer                                  |
        | 21   | 21   | Card status error                               |
        | 34   | 34   | Fraud card                                      |
        | 40   | 40   | The transaction is not supported by the issuer. |
        | 41   | 41   | Lost card                                       |
        | 43   | 43   | Stolen card                                     |
        | 51   | 51   | Insufficient balance                            |
        | 54   | 54   | Expired card.                                   |
        | 57   | 57   | Transaction not permitted to cardholder         |
        | 61   | 61   | Exceeds approval amount limit                   |
        | 62   | 62   | Restricted transaction                          |
        | 90   | 90   | The system is in cut-off.                       |

      Examples: in other words, because the bank's mean something else here
        | bank | code | text                                    |
        | 04   | 71   | Issuer declined                         |
        | 07   | 71   | Issuer declined                         |
        | 22   | 12   | Invalid transaction                     |
        | 30   | 96   | UnionPay system error                   |
        | 33   | 54   | Expired card.                           |
        | 38   | 57   | Transaction not permitted to cardholder |
        | 55   | 05   | Cardholder verification fails.          |
        | 58   | 57   | Transaction not permitted to cardholder |
        | 59   | 34   | Fraud card                              |
        | 64   | 13   | Invalid amount                          |
        | 65   | 61   | Exceeds approval amount limit           |
        | 75   | 57   | Transaction not permitted to cardholder |
        | A0   | 72   | Issuer verify mac failed                |

    Scenario Outline: The bank approves in its own words
      Given a cardholder with HKD 100.00 on the account
      And the bank books the payment and says <bank>
      When the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      And the bank has booked HKD 30.00 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION <bank>   |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | bank |
        | 11   |
        | 16   |

  Rule: A decline that proves nothing is told at once, and reversed at once

    Scenario Outline: The bank fails, and nobody knows whether it has booked
      Given a cardholder with HKD 100.00 on the account
      And the bank books <what> and says <bank>
      When the cardholder pays HKD 30.00
      Then the app is told <code> "<text>"
      And HKD 100.00 is left on the account
      When the app asks what became of it
      Then it hears that the payment is REVERSED
      And the messages were
        | from                | to                  | message                  |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV        |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION        |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION <bank> |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV <code> |
        | SCIS                | Core Banking System | REVERSAL                 |
        | Core Banking System | SCIS                | REVERSAL 00              |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY       |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00    |

      Examples: it had not
        | what    | bank | code | text                |
        | nothing | 91   | 91   | Issuer system error |
        | nothing | 96   | 91   | Issuer system error |
        | nothing | 10   | 71   | Issuer declined     |
        | nothing | ZZ   | 71   | Issuer declined     |

      Examples: it had
        | what        | bank | code | text                |
        | the payment | 91   | 91   | Issuer system error |
        | the payment | 96   | 91   | Issuer system error |
        | the payment | 10   | 71   | Issuer declined     |
        | the payment | ZZ   | 71   | Issuer declined     |

  Rule: What nobody knows is pending until it is known

    Scenario Outline: The bank's own words for "I do not know", when it has not booked
      Given a cardholder with HKD 100.00 on the account
      And the bank books nothing and says <bank>
      When the cardholder pays HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 30 seconds pass
      Then the app is notified that the payment was declined: 91 "Issuer system error"
      And the bank has booked nothing
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION <bank>   |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 04       |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25      |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | bank |
        | 94   |
        | 25   |
        | 68   |

    Scenario: The same words, when it has
      Given a cardholder with HKD 100.00 on the account
      And the bank books the payment and says 94
      When the cardholder pays HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 2 seconds pass
      Then the app is notified that the payment was approved
      And the acquirer is told that HKD 30.00 was paid
      And the bank has booked HKD 30.00 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 94       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 04       |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The bank is silent, then found to have declined
      Given a cardholder with HKD 20.00 on the account
      And the bank decides, but its answer gets lost
      When the cardholder pays HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 2 seconds pass
      Then the app is notified that the payment was declined: 51 "Insufficient balance"
      When the app sends the same message again
      Then the app is told 51 "Insufficient balance"
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 04       |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 51       |

    Scenario: The bank books and goes down; when it is up again, the debit is booked back
      Given a cardholder with HKD 100.00 on the account
      And the bank books, and goes down
      When the cardholder pays HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      And HKD 70.00 is left on the account
      When 31 seconds pass
      And the bank is up again
      And 10 seconds pass
      Then the app is notified that the payment was declined: 91 "Issuer system error"
      And the bank has booked HKD 30.00 and booked it back
      And HKD 100.00 is left on the account
      When the app asks what became of it
      Then it hears that the payment is REVERSED
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 04       |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | SCIS                | Core Banking System | REVERSAL                   |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00      |
