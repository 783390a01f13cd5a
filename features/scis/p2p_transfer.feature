Feature: P2P transfer
  A cardholder sends money to somebody else with an account at the same bank, named by card or by account number.
  Both accounts are booked at once, or neither. The payee's app hears of it if the payee has a card here.

  Rule: Both accounts are booked at once, and the payee's app hears of it

    Scenario Outline: The chart
      Given a cardholder with HKD 100.00 on the account
      And another cardholder with HKD 50.00 on the account
      When the cardholder transfers HKD 30.00 to <payee>
      Then the app is told 00 "Approved"
      And HKD 70.00 is left on the account
      And the other cardholder has HKD 80.00
      And the other cardholder's app is notified that HKD 30.00 came
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | P2P_TRANSFER               |
        | SCIS                | Core Banking System | P2P_TRANSFER               |
        | Core Banking System | SCIS                | P2P_TRANSFER 00            |
        | SCIS                | App Gateway         | P2P_TRANSFER 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | payee                          |
        | the other cardholder           |
        | the other cardholder's account |

    Scenario Outline: The payee is with another app, which alone hears of it
      Given a cardholder of Harbour Wallet with HKD 100.00 on the account
      And another cardholder of Peak Pay with HKD 50.00 on the account
      When the cardholder transfers HKD 30.00 to <payee>
      Then the app is told 00 "Approved"
      And the other cardholder has HKD 80.00
      And the other cardholder's app is notified that HKD 30.00 came
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | P2P_TRANSFER               |
        | SCIS                | Core Banking System | P2P_TRANSFER               |
        | Core Banking System | SCIS                | P2P_TRANSFER 00            |
        | SCIS                | App Gateway         | P2P_TRANSFER 00            |
        | SCIS                | Peak Pay            | TRX_RESULT_NOTIFICATION    |
        | Peak Pay            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | payee                          |
        | the other cardholder           |
        | the other cardholder's account |

    Scenario: The payee has an account, and no card: nobody is told
      Given a cardholder with HKD 100.00 on the account
      When the cardholder transfers HKD 30.00 to an account without a card
      Then the app is told 00 "Approved"
      And HKD 70.00 is left on the account
      And the account without a card has HKD 30.00
      And the messages were
        | from                | to                  | message         |
        | App Gateway         | SCIS                | P2P_TRANSFER    |
        | SCIS                | Core Banking System | P2P_TRANSFER    |
        | Core Banking System | SCIS                | P2P_TRANSFER 00 |
        | SCIS                | App Gateway         | P2P_TRANSFER 00 |

    Scenario: The app asks what became of it
      Given a cardholder with HKD 100.00 on the account
      When the cardholder transfers HKD 30.00 to an account without a card
      And the app asks what became of the transfer
      Then it hears that the payment is APPROVED
      And the messages were
        | from                | to                  | message               |
        | App Gateway         | SCIS                | P2P_TRANSFER          |
        | SCIS                | Core Banking System | P2P_TRANSFER          |
        | Core Banking System | SCIS                | P2P_TRANSFER 00       |
        | SCIS                | App Gateway         | P2P_TRANSFER 00       |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY    |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00 |

    Scenario: The same message again moves nothing more, though it is sealed anew
      Given a cardholder with HKD 100.00 on the account
      And another cardholder with HKD 50.00 on the account
      When the cardholder transfers HKD 30.00 to the other cardholder
      And the app repeats the transfer, sealed anew
      Then the app is told 00 "Approved"
      And the bank has booked HKD 30.00 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | P2P_TRANSFER               |
        | SCIS                | Core Banking System | P2P_TRANSFER               |
        | Core Banking System | SCIS                | P2P_TRANSFER 00            |
        | SCIS                | App Gateway         | P2P_TRANSFER 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | P2P_TRANSFER               |
        | SCIS                | App Gateway         | P2P_TRANSFER 00            |

    Scenario: Under the same number another payee is refused
      Given a cardholder with HKD 100.00 on the account
      And another cardholder with HKD 50.00 on the account
      When the cardholder transfers HKD 30.00 to the other cardholder
      And the app repeats the transfer with its own cardholder as payee
      Then the app is told 78 "Duplicate request"
      And the bank has booked HKD 30.00 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | P2P_TRANSFER               |
        | SCIS                | Core Banking System | P2P_TRANSFER               |
        | Core Banking System | SCIS                | P2P_TRANSFER 00            |
        | SCIS                | App Gateway         | P2P_TRANSFER 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | P2P_TRANSFER               |
        | SCIS                | App Gateway         | P2P_TRANSFER 78            |

  Rule: There must be a payee, at the same bank, in the same currency, and another than the payer

    Scenario Outline: Transfers to oneself
      Given a cardholder with HKD 100.00 on the account
      When the cardholder transfers HKD 30.00 to <payee>
      Then the app is told 12 "Invalid transaction"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | P2P_TRANSFER    |
        | SCIS        | App Gateway | P2P_TRANSFER 12 |

      Examples:
        | payee             |
        | themselves        |
        | their own account |

    Scenario: Nobody has that card
      Given a cardholder with HKD 100.00 on the account
      When the cardholder transfers HKD 30.00 to a card that does not exist
      Then the app is told 14 "Invalid card number"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | P2P_TRANSFER    |
        | SCIS        | App Gateway | P2P_TRANSFER 14 |

    Scenario: Nobody has that account, as the bank alone can know
      Given a cardholder with HKD 100.00 on the account
      When the cardholder transfers HKD 30.00 to an account that does not exist
      Then the app is told 14 "Invalid card number"
      And the bank has booked nothing
      And the messages were
        | from                | to                  | message         |
        | App Gateway         | SCIS                | P2P_TRANSFER    |
        | SCIS                | Core Banking System | P2P_TRANSFER    |
        | Core Banking System | SCIS                | P2P_TRANSFER 14 |
        | SCIS                | App Gateway         | P2P_TRANSFER 14 |

    Scenario Outline: The payee's card is gone
      Given a cardholder with HKD 100.00 on the account
      And another cardholder with HKD 50.00 on the account
      And the other cardholder's card is <state>
      When the cardholder transfers HKD 30.00 to the other cardholder
      Then the app is told 14 "Invalid card number"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | P2P_TRANSFER    |
        | SCIS        | App Gateway | P2P_TRANSFER 14 |

      Examples:
        | state                |
        | deleted              |
        | closed by its issuer |

    Scenario: The card is gone, the account is not: it can be paid to, and no app is told
      Given a cardholder with HKD 100.00 on the account
      When the cardholder transfers HKD 30.00 to an account whose card was deleted
      Then the app is told 00 "Approved"
      And HKD 70.00 is left on the account
      And the account without a card has HKD 30.00
      And the messages were
        | from                | to                  | message         |
        | App Gateway         | SCIS                | P2P_TRANSFER    |
        | SCIS                | Core Banking System | P2P_TRANSFER    |
        | Core Banking System | SCIS                | P2P_TRANSFER 00 |
        | SCIS                | App Gateway         | P2P_TRANSFER 00 |

    Scenario: A suspended card can be paid to
      Given a cardholder with HKD 100.00 on the account
      And another cardholder with HKD 50.00 on the account
      And the other cardholder's card is suspended
      When the cardholder transfers HKD 30.00 to the other cardholder
      Then the app is told 00 "Approved"
      And the other cardholder has HKD 80.00
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | P2P_TRANSFER               |
        | SCIS                | Core Banking System | P2P_TRANSFER               |
        | Core Banking System | SCIS                | P2P_TRANSFER 00            |
        | SCIS                | App Gateway         | P2P_TRANSFER 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: A restricted one cannot
      Given a cardholder with HKD 100.00 on the account
      And another cardholder with HKD 50.00 on the account
      And the other cardholder's card is restricted by its issuer
      When the cardholder transfers HKD 30.00 to the other cardholder
      Then the app is told 62 "Restricted transaction"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | P2P_TRANSFER    |
        | SCIS        | App Gateway | P2P_TRANSFER 62 |

    Scenario: The payee's card is of another issuer
      Given a cardholder with HKD 100.00 on the account
      When the cardholder transfers HKD 30.00 to a card of another issuer
      Then the app is told 40 "The transaction is not supported by the issuer."
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | P2P_TRANSFER    |
        | SCIS        | App Gateway | P2P_TRANSFER 40 |

    Scenario Outline: The payee's account is in another currency
      Given a cardholder with HKD 100.00 on the account
      And another cardholder with JPY 5000 on the account
      When the cardholder transfers HKD 30.00 to <payee>
      Then the app is told 40 "The transaction is not supported by the issuer."
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | P2P_TRANSFER    |
        | SCIS        | App Gateway | P2P_TRANSFER 40 |

      Examples:
        | payee                          |
        | the other cardholder           |
        | the other cardholder's account |

    Scenario: What names the payee cannot be opened
      Given a cardholder with HKD 100.00 on the account
      And another cardholder with HKD 50.00 on the account
      When the cardholder transfers HKD 30.00, and what names the payee does not open
      Then the app is told A0 "Signature verification fails."
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | P2P_TRANSFER    |
        | SCIS        | App Gateway | P2P_TRANSFER A0 |

  Rule: Card, account and issuer decide as for every payment

    Scenario: There is too little on the account
      Given a cardholder with HKD 20.00 on the account
      And another cardholder with HKD 50.00 on the account
      When the cardholder transfers HKD 30.00 to the other cardholder
      Then the app is told 51 "Insufficient balance"
      And the other cardholder has HKD 50.00
      And the messages were
        | from                | to                  | message         |
        | App Gateway         | SCIS                | P2P_TRANSFER    |
        | SCIS                | Core Banking System | P2P_TRANSFER    |
        | Core Banking System | SCIS                | P2P_TRANSFER 51 |
        | SCIS                | App Gateway         | P2P_TRANSFER 51 |

    Scenario: More than the issuer allows at once
      Given a cardholder with HKD 100.00 on the account
      And the card's issuer allows at most HKD 29.00 a payment
      And another cardholder with HKD 50.00 on the account
      When the cardholder transfers HKD 30.00 to the other cardholder
      Then the app is told 61 "Exceeds approval amount limit"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | P2P_TRANSFER    |
        | SCIS        | App Gateway | P2P_TRANSFER 61 |

    Scenario: More than the issuer allows a day; what is received does not count
      Given a cardholder with HKD 100.00 on the account
      And the card's issuer allows at most HKD 50.00 a day
      When Harbour Power & Light pays the cardholder HKD 40.00
      And the cardholder transfers HKD 30.00 to an account without a card
      And the cardholder transfers HKD 30.00 to an account without a card
      Then the app is told 61 "Exceeds approval amount limit"
      And HKD 110.00 is left on the account
      And the messages were
        | from                | to                  | message               |
        | App Gateway         | SCIS                | CREDIT_TRANSACTION    |
        | SCIS                | Core Banking System | CREDIT_TRANSACTION    |
        | Core Banking System | SCIS                | CREDIT_TRANSACTION 00 |
        | SCIS                | App Gateway         | CREDIT_TRANSACTION 00 |
        | App Gateway         | SCIS                | P2P_TRANSFER          |
        | SCIS                | Core Banking System | P2P_TRANSFER          |
        | Core Banking System | SCIS                | P2P_TRANSFER 00       |
        | SCIS                | App Gateway         | P2P_TRANSFER 00       |
        | App Gateway         | SCIS                | P2P_TRANSFER          |
        | SCIS                | App Gateway         | P2P_TRANSFER 61       |

    Scenario Outline: It is not this app's cardholder who pays
      Given a cardholder with HKD 100.00 on the account
      And another cardholder with HKD 50.00 on the account
      When the cardholder transfers HKD 30.00 <strangely>
      Then the app is told <code> "<text>"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message             |
        | App Gateway | SCIS        | P2P_TRANSFER        |
        | SCIS        | App Gateway | P2P_TRANSFER <code> |

      Examples:
        | strangely                       | code | text                |
        | with a card that does not exist | 14   | Invalid card number |
        | from another phone              | 55   | Invalid device id   |

    Scenario: The payer's card is suspended
      Given a cardholder with HKD 100.00 on the account
      And another cardholder with HKD 50.00 on the account
      And the card is suspended by its holder
      When the cardholder transfers HKD 30.00 to the other cardholder
      Then the app is told 21 "Card status error"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | P2P_TRANSFER    |
        | SCIS        | App Gateway | P2P_TRANSFER 21 |

    Scenario: The issuer does not do transfers
      Given a cardholder with HKD 100.00 on the account
      And another cardholder with HKD 50.00 on the account
      And the card's issuer does no transfers
      When the cardholder transfers HKD 30.00 to the other cardholder
      Then the app is told 40 "The transaction is not supported by the issuer."
      And the bank has booked nothing
      And the messages were
        | from        | to          | message         |
        | App Gateway | SCIS        | P2P_TRANSFER    |
        | SCIS        | App Gateway | P2P_TRANSFER 40 |

  Rule: What nobody knows is pending until it is known, and then both legs stand or neither

    Scenario: The bank has booked, and its answer got lost: both apps are told
      Given a cardholder of Harbour Wallet with HKD 100.00 on the account
      And another cardholder of Peak Pay with HKD 50.00 on the account
      And the bank decides about the transfer, but its answer gets lost
      When the cardholder transfers HKD 30.00 to the other cardholder
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 2 seconds pass
      Then the app is notified that the transfer was approved
      And the other cardholder's app is notified that HKD 30.00 came
      And the other cardholder has HKD 80.00
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | P2P_TRANSFER               |
        | SCIS                | Core Banking System | P2P_TRANSFER               |
        | SCIS                | App Gateway         | P2P_TRANSFER 04            |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00      |
        | SCIS                | Peak Pay            | TRX_RESULT_NOTIFICATION    |
        | Peak Pay            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The bank has booked, but knows of nothing: both legs are booked back, and the payee's app hears nothing
      Given a cardholder of Harbour Wallet with HKD 100.00 on the account
      And another cardholder of Peak Pay with HKD 50.00 on the account
      And the bank books the transfer, loses its answer, and knows of nothing when it is asked
      When the cardholder transfers HKD 30.00 to the other cardholder
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      And the other cardholder has HKD 80.00
      When 30 seconds pass
      Then the app is notified that the transfer was declined: 91 "Issuer system error"
      And HKD 100.00 is left on the account
      And the other cardholder has HKD 50.00
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | P2P_TRANSFER               |
        | SCIS                | Core Banking System | P2P_TRANSFER               |
        | SCIS                | App Gateway         | P2P_TRANSFER 04            |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25      |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The bank is silent, and has booked nothing
      Given a cardholder with HKD 100.00 on the account
      And another cardholder with HKD 50.00 on the account
      And the bank does not answer the transfer, and books nothing
      When the cardholder transfers HKD 30.00 to the other cardholder
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 30 seconds pass
      And the app repeats the transfer
      Then the app is told 91 "Issuer system error"
      And the other cardholder has HKD 50.00
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | P2P_TRANSFER               |
        | SCIS                | Core Banking System | P2P_TRANSFER               |
        | SCIS                | App Gateway         | P2P_TRANSFER 04            |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25      |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | P2P_TRANSFER               |
        | SCIS                | App Gateway         | P2P_TRANSFER 91            |

    Scenario Outline: The bank says something that proves nothing: declined at once, and reversed at once
      Given a cardholder with HKD 100.00 on the account
      And another cardholder with HKD 50.00 on the account
      And the bank books <what> of the transfer and says <bank>
      When the cardholder transfers HKD 30.00 to the other cardholder
      Then the app is told <code> "<text>"
      And HKD 100.00 is left on the account
      And the other cardholder has HKD 50.00
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | P2P_TRANSFER        |
        | SCIS                | Core Banking System | P2P_TRANSFER        |
        | Core Banking System | SCIS                | P2P_TRANSFER <bank> |
        | SCIS                | App Gateway         | P2P_TRANSFER <code> |
        | SCIS                | Core Banking System | REVERSAL            |
        | Core Banking System | SCIS                | REVERSAL 00         |

      Examples:
        | what    | bank | code | text                |
        | nothing | 91   | 91   | Issuer system error |
        | all     | 91   | 91   | Issuer system error |
        | all     | ZZ   | 71   | Issuer declined     |
