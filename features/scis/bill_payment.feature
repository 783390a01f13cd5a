Feature: Bill payment
  A cardholder pays a bill to a merchant that the issuer has preset. The bank takes the money from the cardholder
  and gives it to the merchant in one booking: both happen, or neither.

  Rule: A bill is taken from the payer and given to the merchant at once

    Scenario Outline: The chart
      Given a cardholder of <app> with HKD 100.00 on the account
      When the cardholder pays a bill of HKD 30.00
      Then the app is told 00 "Approved"
      And the bank has booked HKD 30.00 once
      And HKD 70.00 is left on the account
      And Harbour Power & Light has HKD 30.00 more than before
      And the messages were
        | from                | to                  | message              |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION    |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00 |
        | SCIS                | App Gateway         | BILL_PAYMENT 00      |

      Examples:
        | app            |
        | Harbour Wallet |
        | Peak Pay       |

    Scenario: The app asks what became of it
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays a bill of HKD 30.00
      And the app asks what became of the bill payment
      Then it hears that the payment is APPROVED
      And the messages were
        | from                | to                  | message               |
        | App Gateway         | SCIS                | BILL_PAYMENT          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION     |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00  |
        | SCIS                | App Gateway         | BILL_PAYMENT 00       |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY    |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00 |

    Scenario: The same message again is answered from the record
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays a bill of HKD 30.00
      And the app repeats the bill payment
      Then the app is told 00 "Approved"
      And the bank has booked HKD 30.00 once
      And Harbour Power & Light has HKD 30.00 more than before
      And the messages were
        | from                | to                  | message              |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION    |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00 |
        | SCIS                | App Gateway         | BILL_PAYMENT 00      |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | App Gateway         | BILL_PAYMENT 00      |

    Scenario: A fee is part of the sum, and the merchant gets it all
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays a bill of HKD 32.00, HKD 2.00 of it as a fee
      Then the app is told 00 "Approved"
      And the bank has booked HKD 32.00 once
      And Harbour Power & Light has HKD 32.00 more than before
      And the messages were
        | from                | to                  | message              |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION    |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00 |
        | SCIS                | App Gateway         | BILL_PAYMENT 00      |

    Scenario Outline: A fee that leaves nothing for the bill
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays a bill of HKD 30.00, HKD <fee> of it as a fee
      Then the app is told 13 "Invalid amount"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | BILL_PAYMENT    |
        | SCIS        | App Gateway | BILL_PAYMENT 13 |

      Examples:
        | fee   |
        | 30.00 |
        | 31.00 |

    Scenario Outline: A sum that is none
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays a bill of HKD <sum>
      Then the app is told 13 "Invalid amount"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | BILL_PAYMENT    |
        | SCIS        | App Gateway | BILL_PAYMENT 13 |

      Examples:
        | sum    |
        | 0.00   |
        | 30.001 |

  Rule: A bill that has a number is paid once, whoever pays it

    Scenario: Twice by the same cardholder
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays the electricity bill of September, HKD 30.00
      And the cardholder pays the electricity bill of September, HKD 30.00
      Then the app is told 94 "Duplicated transaction"
      And the bank has booked HKD 30.00 once
      And Harbour Power & Light has HKD 30.00 more than before
      And the messages were
        | from                | to                  | message              |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION    |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00 |
        | SCIS                | App Gateway         | BILL_PAYMENT 00      |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | App Gateway         | BILL_PAYMENT 94      |

    Scenario: By another cardholder, and another sum
      Given a cardholder with HKD 100.00 on the account
      And another cardholder with HKD 100.00 on the account
      When the cardholder pays the electricity bill of September, HKD 30.00
      And the other cardholder pays the electricity bill of September, HKD 31.00
      Then the app is told 94 "Duplicated transaction"
      And the other cardholder has HKD 100.00
      And Harbour Power & Light has HKD 30.00 more than before
      And the messages were
        | from                | to                  | message              |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION    |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00 |
        | SCIS                | App Gateway         | BILL_PAYMENT 00      |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | App Gateway         | BILL_PAYMENT 94      |

    Scenario: A declined try leaves the bill to be paid
      Given a cardholder with HKD 20.00 on the account
      And another cardholder with HKD 100.00 on the account
      When the cardholder pays the electricity bill of September, HKD 30.00
      Then the app is told 51 "Insufficient balance"
      When the other cardholder pays the electricity bill of September, HKD 30.00
      Then the app is told 00 "Approved"
      And the other cardholder has HKD 70.00
      And Harbour Power & Light has HKD 30.00 more than before
      And the messages were
        | from                | to                  | message              |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION    |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 51 |
        | SCIS                | App Gateway         | BILL_PAYMENT 51      |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION    |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00 |
        | SCIS                | App Gateway         | BILL_PAYMENT 00      |

    Scenario: While nobody knows what became of the first try, a second one could pay twice
      Given a cardholder with HKD 100.00 on the account
      And the bank decides, but its answer gets lost
      When the cardholder pays the electricity bill of September, HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When the cardholder pays the electricity bill of September, HKD 30.00
      Then the app is told 94 "Duplicated transaction"
      And the messages were
        | from        | to                  | message           |
        | App Gateway | SCIS                | BILL_PAYMENT      |
        | SCIS        | Core Banking System | DEBIT_TRANSACTION |
        | SCIS        | App Gateway         | BILL_PAYMENT 04   |
        | App Gateway | SCIS                | BILL_PAYMENT      |
        | SCIS        | App Gateway         | BILL_PAYMENT 94   |

    Scenario: Bills without a number may be equal
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays a bill of HKD 30.00
      And the cardholder pays a bill of HKD 30.00
      Then the app is told 00 "Approved"
      And HKD 40.00 is left on the account
      And Harbour Power & Light has HKD 60.00 more than before
      And the messages were
        | from                | to                  | message              |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION    |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00 |
        | SCIS                | App Gateway         | BILL_PAYMENT 00      |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION    |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00 |
        | SCIS                | App Gateway         | BILL_PAYMENT 00      |

  Rule: Only a merchant that the issuer has preset can be paid

    Scenario Outline: The merchant is known by its number
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays a bill of HKD 30.00 to <merchant>
      Then the app is told 00 "Approved"
      And <paid> has HKD 30.00 more than before
      And the messages were
        | from                | to                  | message              |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION    |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00 |
        | SCIS                | App Gateway         | BILL_PAYMENT 00      |

      Examples:
        | merchant                                  | paid                  |
        | Lion Rock Telecom                         | Lion Rock Telecom     |
        | Harbour Power & Light by its number alone | Harbour Power & Light |

    Scenario Outline: Not this merchant
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays a bill of HKD 30.00 to <merchant>
      Then the app is told 03 "Invalid merchant"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | BILL_PAYMENT    |
        | SCIS        | App Gateway | BILL_PAYMENT 03 |

      Examples:
        | merchant                                          |
        | a merchant that is not preset                     |
        | Harbour Power & Light under another name          |
        | Harbour Power & Light as another kind of merchant |

    Scenario: A merchant may be preset for other apps than this one
      Given a cardholder of Harbour Wallet with HKD 100.00 on the account
      And Lion Rock Telecom is preset for Peak Pay alone
      When the cardholder pays a bill of HKD 30.00 to Lion Rock Telecom
      Then the app is told 03 "Invalid merchant"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | BILL_PAYMENT    |
        | SCIS        | App Gateway | BILL_PAYMENT 03 |

    Scenario: The app that it is preset for can pay it
      Given a cardholder of Peak Pay with HKD 100.00 on the account
      And Lion Rock Telecom is preset for Peak Pay alone
      When the cardholder pays a bill of HKD 30.00 to Lion Rock Telecom
      Then the app is told 00 "Approved"
      And Lion Rock Telecom has HKD 30.00 more than before
      And the messages were
        | from                | to                  | message              |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION    |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00 |
        | SCIS                | App Gateway         | BILL_PAYMENT 00      |

  Rule: Card, account and issuer decide as for every payment

    Scenario Outline: The card may not pay
      Given a cardholder with HKD 100.00 on the account
      And the card is <state>
      When the cardholder pays a bill of HKD 30.00
      Then the app is told <code> "<text>"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message             |
        | App Gateway | SCIS        | BILL_PAYMENT        |
        | SCIS        | App Gateway | BILL_PAYMENT <code> |

      Examples:
        | state                    | code | text                   |
        | suspended by its holder  | 21   | Card status error      |
        | reported lost            | 41   | Lost card              |
        | restricted by its issuer | 62   | Restricted transaction |

    Scenario Outline: It is not this app's cardholder who pays
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays a bill of HKD 30.00 <strangely>
      Then the app is told <code> "<text>"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message             |
        | App Gateway | SCIS        | BILL_PAYMENT        |
        | SCIS        | App Gateway | BILL_PAYMENT <code> |

      Examples:
        | strangely                       | code | text                                    |
        | with a card that does not exist | 14   | Invalid card number                     |
        | for another user                | 57   | Transaction not permitted to cardholder |
        | from another phone              | 55   | Invalid device id                       |

    Scenario: There is too little on the account
      Given a cardholder with HKD 20.00 on the account
      When the cardholder pays a bill of HKD 30.00
      Then the app is told 51 "Insufficient balance"
      And the bank has booked nothing
      And Harbour Power & Light has what it had before
      And the messages were
        | from                | to                  | message              |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION    |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 51 |
        | SCIS                | App Gateway         | BILL_PAYMENT 51      |

    Scenario: It is more than the issuer allows
      Given a cardholder with HKD 100.00 on the account
      And the card's issuer allows at most HKD 29.00 a payment
      When the cardholder pays a bill of HKD 30.00
      Then the app is told 61 "Exceeds approval amount limit"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | BILL_PAYMENT    |
        | SCIS        | App Gateway | BILL_PAYMENT 61 |

    Scenario: The issuer does not do bills
      Given a cardholder with HKD 100.00 on the account
      And the card's issuer does no bills
      When the cardholder pays a bill of HKD 30.00
      Then the app is told 40 "The transaction is not supported by the issuer."
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | BILL_PAYMENT    |
        | SCIS        | App Gateway | BILL_PAYMENT 40 |

  Rule: What nobody knows is pending until it is known, and then both legs stand or neither

    Scenario: The bank is silent, and has booked
      Given a cardholder with HKD 100.00 on the account
      And the bank decides, but its answer gets lost
      When the cardholder pays a bill of HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 2 seconds pass
      Then the app is notified that the bill payment was approved
      And the bank has booked HKD 30.00 once
      And Harbour Power & Light has HKD 30.00 more than before
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | BILL_PAYMENT               |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | SCIS                | App Gateway         | BILL_PAYMENT 04            |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The bank has booked, but knows of nothing: both legs are booked back
      Given a cardholder with HKD 100.00 on the account
      And the bank books the debit, loses its answer, and knows of nothing when it is asked
      When the cardholder pays a bill of HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      And Harbour Power & Light has HKD 30.00 more than before
      When 30 seconds pass
      Then the app is notified that the bill payment was declined: 91 "Issuer system error"
      And the bank has booked HKD 30.00 and booked it back
      And HKD 100.00 is left on the account
      And Harbour Power & Light has what it had before
      When the app asks what became of the bill payment
      Then it hears that the payment is REVERSED
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | BILL_PAYMENT               |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | SCIS                | App Gateway         | BILL_PAYMENT 04            |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25      |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00      |

    Scenario: The bank fails after it has booked: declined at once, and booked back at once
      Given a cardholder with HKD 100.00 on the account
      And the bank books the payment and says 91
      When the cardholder pays a bill of HKD 30.00
      Then the app is told 91 "Issuer system error"
      And the bank has booked HKD 30.00 and booked it back
      And Harbour Power & Light has what it had before
      And the messages were
        | from                | to                  | message              |
        | App Gateway         | SCIS                | BILL_PAYMENT         |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION    |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 91 |
        | SCIS                | App Gateway         | BILL_PAYMENT 91      |
        | SCIS                | Core Banking System | REVERSAL             |
        | Core Banking System | SCIS                | REVERSAL 00          |
