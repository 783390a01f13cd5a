Feature: Credit transaction
  A merchant that the issuer has preset pays a cardholder: a deposit that comes back, a bill that was too high. The
  bank takes the money from the merchant and gives it to the cardholder in one booking. Money that was given may be
  spent already, so it is never taken back: what nobody knows is asked for, and sent again until it is known.

  Rule: The merchant pays, and the cardholder has the money at once

    Scenario Outline: The chart
      Given a cardholder of <app> with HKD 100.00 on the account
      When Harbour Power & Light pays the cardholder HKD 30.00
      Then the app is told 00 "Approved"
      And the bank has credited HKD 30.00 once
      And HKD 130.00 is left on the account
      And Harbour Power & Light has HKD 30.00 less than before
      And the messages were
        | from                | to                  | message               |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION    |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION    |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00 |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 00 |

      Examples:
        | app            |
        | Harbour Wallet |
        | Peak Pay       |

    Scenario: The app asks what became of it
      Given a cardholder with HKD 100.00 on the account
      When Lion Rock Telecom pays the cardholder HKD 30.00
      And the app asks what became of the credit
      Then it hears that the payment is APPROVED
      And Lion Rock Telecom has HKD 30.00 less than before
      And the messages were
        | from                | to                  | message               |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION    |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION    |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00 |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 00 |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY    |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00 |

    Scenario: The same message again pays nothing more
      Given a cardholder with HKD 100.00 on the account
      When Harbour Power & Light pays the cardholder HKD 30.00
      And the app repeats the credit
      Then the app is told 00 "Approved"
      And the bank has credited HKD 30.00 once
      And the messages were
        | from                | to                  | message               |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION    |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION    |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00 |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 00 |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION    |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 00 |

    Scenario: Limits are for what is spent, not for what comes
      Given a cardholder with HKD 100.00 on the account
      And the card's issuer allows at most HKD 29.00 a payment
      When Harbour Power & Light pays the cardholder HKD 30.00
      Then the app is told 00 "Approved"
      And HKD 130.00 is left on the account
      And the messages were
        | from                | to                  | message               |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION    |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION    |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00 |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 00 |

  Rule: Who cannot pay, or cannot be paid

    Scenario: The merchant has too little
      Given a cardholder with HKD 100.00 on the account
      When Harbour Power & Light pays the cardholder HKD 999999.00
      Then the app is told 51 "Insufficient balance"
      And the bank has booked nothing
      And Harbour Power & Light has what it had before
      And the messages were
        | from                | to                  | message               |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION    |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION    |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 51 |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 51 |

    Scenario: The merchant is not preset
      Given a cardholder with HKD 100.00 on the account
      When a merchant that is not preset pays the cardholder HKD 30.00
      Then the app is told 03 "Invalid merchant"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message               |
        | App Gateway | SCIS        | CREDIT_TRANSACTION    |
        | SCIS        | App Gateway | CREDIT_TRANSACTION 03 |

    Scenario: The merchant is preset for another app
      Given a cardholder of Harbour Wallet with HKD 100.00 on the account
      And Lion Rock Telecom is preset for Peak Pay alone
      When Lion Rock Telecom pays the cardholder HKD 30.00
      Then the app is told 03 "Invalid merchant"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message               |
        | App Gateway | SCIS        | CREDIT_TRANSACTION    |
        | SCIS        | App Gateway | CREDIT_TRANSACTION 03 |

    Scenario Outline: Nobody is known by that name here
      Given a cardholder with HKD 100.00 on the account
      When Harbour Power & Light pays HKD 30.00 <strangely>
      Then the app is told <code> "<text>"
      And the bank has booked nothing
      And Harbour Power & Light has what it had before
      And the messages were
        | from        | to          | message                   |
        | App Gateway | SCIS        | CREDIT_TRANSACTION        |
        | SCIS        | App Gateway | CREDIT_TRANSACTION <code> |

      Examples:
        | strangely                     | code | text                                    |
        | to a card that does not exist | 14   | Invalid card number                     |
        | to another user's name        | 57   | Transaction not permitted to cardholder |

    Scenario Outline: The card may not be paid to
      Given a cardholder with HKD 100.00 on the account
      And the card is <state>
      When Harbour Power & Light pays the cardholder HKD 30.00
      Then the app is told <code> "<text>"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                   |
        | App Gateway | SCIS        | CREDIT_TRANSACTION        |
        | SCIS        | App Gateway | CREDIT_TRANSACTION <code> |

      Examples:
        | state                    | code | text                   |
        | deleted by its holder    | 21   | Card status error      |
        | flagged for fraud        | 34   | Fraud card             |
        | restricted by its issuer | 62   | Restricted transaction |

    Scenario: The issuer does not do credits
      Given a cardholder with HKD 100.00 on the account
      And the card's issuer does no credits
      When Harbour Power & Light pays the cardholder HKD 30.00
      Then the app is told 40 "The transaction is not supported by the issuer."
      And the bank has booked nothing
      And the messages were
        | from        | to          | message               |
        | App Gateway | SCIS        | CREDIT_TRANSACTION    |
        | SCIS        | App Gateway | CREDIT_TRANSACTION 40 |

  Rule: A credit is never reversed; it is sent again until it is known

    Scenario: The bank has not heard of it: the same message again books it, once
      Given a cardholder with HKD 100.00 on the account
      And the bank does not answer the credit, and books nothing
      When Harbour Power & Light pays the cardholder HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      And HKD 100.00 is left on the account
      When 30 seconds pass
      Then the app is notified that the credit was approved
      And the bank has credited HKD 30.00 once
      And Harbour Power & Light has HKD 30.00 less than before
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION         |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 04      |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25      |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The bank has booked, and its answer got lost: asking is enough
      Given a cardholder with HKD 100.00 on the account
      And the bank decides about the credit, but its answer gets lost
      When Harbour Power & Light pays the cardholder HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 2 seconds pass
      Then the app is notified that the credit was approved
      And the bank has credited HKD 30.00 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION         |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 04      |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The bank has booked, and knows of nothing when it is asked: sent again, and still credited once
      Given a cardholder with HKD 100.00 on the account
      And the bank books the credit, loses its answer, and knows of nothing when it is asked
      When Harbour Power & Light pays the cardholder HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 30 seconds pass
      Then the app is notified that the credit was approved
      And the bank has credited HKD 30.00 once
      And Harbour Power & Light has HKD 30.00 less than before
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION         |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 04      |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25      |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The bank has declined, and its answer got lost
      Given a cardholder with HKD 100.00 on the account
      And the bank decides about the credit, but its answer gets lost
      When Harbour Power & Light pays the cardholder HKD 999999.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 2 seconds pass
      Then the app is notified that the credit was declined: 51 "Insufficient balance"
      And the bank has booked nothing
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION         |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 04      |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario Outline: The bank says something that proves nothing, and has not booked
      Given a cardholder with HKD 100.00 on the account
      And the bank books nothing of the credit and says <bank>
      When Harbour Power & Light pays the cardholder HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 30 seconds pass
      Then the app is notified that the credit was approved
      And the bank has credited HKD 30.00 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION         |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION <bank>  |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 04      |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25      |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | bank |
        | ZZ   |
        | 91   |
        | 10   |

    Scenario Outline: The bank says something that proves nothing, and has booked
      Given a cardholder with HKD 100.00 on the account
      And the bank books all of the credit and says <bank>
      When Harbour Power & Light pays the cardholder HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 2 seconds pass
      Then the app is notified that the credit was approved
      And the bank has credited HKD 30.00 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION         |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION <bank>  |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 04      |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | bank |
        | ZZ   |
        | 96   |

    Scenario: The app repeats its message while nobody knows
      Given a cardholder with HKD 100.00 on the account
      And the bank books nothing of the credit and says ZZ
      When Harbour Power & Light pays the cardholder HKD 30.00
      And the app repeats the credit
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 30 seconds pass
      And the app repeats the credit
      Then the app is told 00 "Approved"
      And the bank has credited HKD 30.00 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION         |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION ZZ      |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 04      |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION         |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 04      |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25      |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION         |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION         |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 00      |
