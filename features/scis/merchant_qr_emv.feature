Feature: Merchant-presented QR code payment, EMV mode
  A cardholder scans a shop's QR code with an app and pays with a virtual card. SCIS checks the card and the
  code, has the cardholder's bank debit the account, answers the app at once, and tells the shop's acquirer.

  Each scenario ends with the messages that crossed, as the partners recorded them. A number behind a message
  is the code of an answer; a request that no answer follows stayed without one.

  Rule: A good payment is debited once, answered at once, and told to the acquirer

    Scenario Outline: The chart
      Given a cardholder of <app> with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      And the bank has booked HKD 30.00 once
      And HKD 70.00 is left on the account
      And the acquirer is told that HKD 30.00 was paid
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | app            |
        | Harbour Wallet |
        | Peak Pay       |

    Scenario: The app asks what became of a payment
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the app asks what became of it
      Then it hears that the payment is APPROVED
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00      |

    Scenario: A shop abroad is paid in its own currency, the account is debited in its own
      Given a cardholder with HKD 100.00 on the account
      And the cardholder is at Tsubaki Tea House
      When the cardholder pays JPY 1000
      Then the app is told 00 "Approved"
      And the bank was asked to debit HKD 51.70 and to settle USD 6.61
      And HKD 48.30 is left on the account
      And the acquirer is told that JPY 1000 was paid
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

  Rule: Some acquirers want to vouch for the shop before money moves

    Scenario: The acquirer vouches for the shop
      Given a cardholder with HKD 100.00 on the account
      And the acquirer wants to vouch for a shop before each payment
      When the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      And HKD 70.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Acquirer            | MERCHANT_VERIFICATION      |
        | Acquirer            | SCIS                | MERCHANT_VERIFICATION 00   |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The acquirer does not vouch for the shop
      Given a cardholder with HKD 100.00 on the account
      And the acquirer wants to vouch for a shop before each payment
      But the acquirer does not vouch for this shop
      When the cardholder pays HKD 30.00
      Then the app is told 03 "Invalid merchant"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                  |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV        |
        | SCIS        | Acquirer    | MERCHANT_VERIFICATION    |
        | Acquirer    | SCIS        | MERCHANT_VERIFICATION 03 |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 03     |

    Scenario: The acquirer does not answer
      Given a cardholder with HKD 100.00 on the account
      And the acquirer wants to vouch for a shop before each payment
      But the acquirer does not answer when it is asked about a shop
      When the cardholder pays HKD 30.00
      Then the app is told 98 "Timeout"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message               |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV     |
        | SCIS        | Acquirer    | MERCHANT_VERIFICATION |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 98  |

    Scenario: The acquirer cannot be reached
      Given a cardholder with HKD 100.00 on the account
      And the acquirer wants to vouch for a shop before each payment
      But the acquirer cannot be reached
      When the cardholder pays HKD 30.00
      Then the app is told 92 "Network error"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 92 |

  Rule: A coupon takes something off for the payer, and nothing from the shop

    Scenario: A coupon of HKD 10.00
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 60.00 with the coupon TENOFF
      Then the app is told 00 "Approved"
      And the app sees HKD 60.00 less HKD 10.00 "10 off your purchase", HKD 50.00 to pay
      And the bank has booked HKD 50.00 once
      And the acquirer is told that HKD 50.00 was paid, and that the shop is owed HKD 60.00
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario Outline: A coupon that cannot be used is never passed over in silence
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays <amount> with the coupon <coupon>
      Then the app is told 12 "Invalid transaction"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 12 |

      Examples:
        | amount    | coupon     |
        | HKD 49.99 | TENOFF     |
        | HKD 60.00 | ELEVENOFF  |

  Rule: Only the cardholder pays with the card, and only while it may be used

    Scenario: More than there is on the account
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 100.01
      Then the app is told 51 "Insufficient balance"
      And HKD 100.00 is left on the account
      When the app asks what became of it
      Then it hears that the payment is DECLINED
      And the messages were
        | from                | to                  | message               |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV     |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION     |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 51  |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 51  |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY    |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00 |

    Scenario Outline: A card that may not be used
      Given a cardholder with HKD 100.00 on the account
      And the card is <state>
      When the cardholder pays HKD 30.00
      Then the app is told <code> "<text>"
      And the bank has booked nothing
      When the app asks what became of it
      Then it hears that the payment is DECLINED
      And the messages were
        | from        | to          | message                  |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV        |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV <code> |
        | App Gateway | SCIS        | TRX_RESULT_INQUIRY       |
        | SCIS        | App Gateway | TRX_RESULT_INQUIRY 00    |

      Examples:
        | state                                     | code | text                   |
        | suspended by its holder                   | 21   | Card status error      |
        | deleted by its holder                     | 21   | Card status error      |
        | reported lost                             | 41   | Lost card              |
        | suspended by its holder and reported lost | 41   | Lost card              |
        | reported stolen                           | 43   | Stolen card            |
        | flagged for fraud                         | 34   | Fraud card             |
        | restricted by its issuer                  | 62   | Restricted transaction |
        | closed by its issuer                      | 21   | Card status error      |
        | expired                                   | 54   | Expired card.          |

    Scenario Outline: Somebody else, or another card
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00 <how>
      Then the app is told <code> "<text>"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                  |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV        |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV <code> |

      Examples:
        | how                             | code | text                                    |
        | from another phone              | 55   | Invalid device id                       |
        | for another user                | 57   | Transaction not permitted to cardholder |
        | with a card that does not exist | 14   | Invalid card number                     |
        | with a mistyped card number     | 14   | Invalid card number                     |
        | with a card of another app      | 14   | Invalid card number                     |

    Scenario Outline: What the issuer does not allow
      Given a cardholder with HKD 100.00 on the account
      And the card's issuer <rule>
      When the cardholder pays HKD 30.00
      Then the app is told <code> "<text>"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                  |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV        |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV <code> |

      Examples:
        | rule                                    | code | text                                           |
        | is in its cut-off window                | 90   | The system is in cut-off.                      |
        | never admitted this app                 | 15   | No such issuer                                 |
        | does not let its cards pay shops' codes | 40   | The transaction is not supported by the issuer. |
        | bars shops of this kind                 | 62   | Restricted transaction                         |

    Scenario: The limit of one payment
      Given a cardholder with HKD 1000.00 on the account
      And the card's issuer allows at most HKD 500.00 a payment
      When the cardholder pays HKD 500.01
      Then the app is told 61 "Exceeds approval amount limit"
      When the cardholder pays HKD 500.00
      Then the app is told 00 "Approved"
      And HKD 500.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 61       |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The limit of a day counts what was paid, not what was declined, and begins anew the next day
      Given a cardholder with HKD 900.00 on the account
      And the card's issuer allows at most HKD 1000.00 a day
      When the cardholder pays HKD 950.00
      Then the app is told 51 "Insufficient balance"
      When the cardholder pays HKD 600.00
      Then the app is told 00 "Approved"
      When the cardholder pays HKD 400.01
      Then the app is told 61 "Exceeds approval amount limit"
      When the next day comes
      And the cardholder pays HKD 300.00
      Then the app is told 00 "Approved"
      And HKD 0.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 51       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 51       |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 61       |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

  Rule: The code says who is paid and how much; what contradicts it is refused

    Scenario Outline: A code that cannot be read leaves no trace
      Given a cardholder with HKD 100.00 on the account
      And the shop's code <fault>
      When the cardholder pays HKD 30.00
      Then the app is told 30 "Message format error: trxInfo.mpqrcPayload"
      And the bank has booked nothing
      When the app asks what became of it
      Then it hears 25 "Unable to locate the original transaction"
      And the messages were
        | from        | to          | message               |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV     |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 30  |
        | App Gateway | SCIS        | TRX_RESULT_INQUIRY    |
        | SCIS        | App Gateway | TRX_RESULT_INQUIRY 25 |

      Examples:
        | fault                                |
        | was misread in one character         |
        | is cut off in the middle             |
        | has a checksum of another code       |
        | promises more than it holds          |
        | names a fee that nothing announces   |
        | is a web address                     |

    Scenario Outline: A code that names nobody who can be paid
      Given a cardholder with HKD 100.00 on the account
      And the shop's code <fault>
      When the cardholder pays HKD 30.00
      Then the app is told 03 "Invalid merchant"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 03 |

      Examples:
        | fault                                                 |
        | names another card scheme alone                       |
        | names a UnionPay account that is too short            |
        | names a UnionPay account in the place nobody can read |
        | belongs to an acquirer that is not here               |

    Scenario Outline: The app may not name another shop than the code does
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00, and the app names <claim>
      Then the app is told 03 "Invalid merchant"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 03 |

      Examples:
        | claim                   |
        | another merchant number |
        | another shop's name     |
        | another acquirer        |
        | another kind of shop    |

    Scenario Outline: A code that is unusual, but right
      Given a cardholder with HKD 100.00 on the account
      And the shop's code <oddity>
      When the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | oddity                                    |
        | names another card scheme too             |
        | has its checksum in small letters         |
        | does not say that it is for many payments |
        | has the shop's name in Chinese too        |

    Scenario Outline: Amounts, and names of shops, that only look odd
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays <what>
      Then the app is told 00 "Approved"
      And the bank has booked HKD 30.00 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | what                                                              |
        | HKD 30                                                            |
        | HKD 30.000                                                        |
        | HKD 30.00, and the app names the shop's name with spaces around it |

    Scenario Outline: Amounts that cannot be
      Given a cardholder with HKD 100.00 on the account
      And the cardholder is at <shop>
      When the cardholder pays <amount>
      Then the app is told <code> "<text>"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                  |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV        |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV <code> |

      Examples:
        | shop                   | amount    | code | text                                 |
        | Lantern Street Noodles | HKD 0     | 13   | Invalid amount                       |
        | Lantern Street Noodles | HKD 1.001 | 13   | Invalid amount                       |
        | Tsubaki Tea House      | JPY 10.5  | 13   | Invalid amount                       |
        | Lantern Street Noodles | USD 30.00 | 12   | Invalid transaction                  |
        | Tsubaki Tea House      | HKD 30.00 | 12   | Invalid transaction                  |
        | Lantern Street Noodles | HKD -1    | 30   | Message format error: trxInfo.trxAmt |
        | Lantern Street Noodles | HKD 1e3   | 30   | Message format error: trxInfo.trxAmt |

    Scenario Outline: A bill's code fixes the amount
      Given a cardholder with HKD 200.00 on the account
      And the shop shows a code for one bill of HKD 100.00
      When the cardholder pays <amount>
      Then the app is told 13 "Invalid amount"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 13 |

      Examples:
        | amount     |
        | HKD 99.99  |
        | HKD 100.01 |

  Rule: A tip is paid where the code asks for one, and as much as it asks for

    Scenario Outline: A tip that fits
      Given a cardholder with HKD 200.00 on the account
      And the shop shows a code for one bill of HKD 100.00
      And the shop's code asks for <tip>
      When the cardholder pays <total>, <paid> of it as a tip
      Then the app is told 00 "Approved"
      And the bank has booked <total> once
      And the acquirer is told that <total> was paid
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

      Examples: the payer says how much
        | tip     | total      | paid      |
        | any tip | HKD 100.00 | HKD 0.00  |
        | any tip | HKD 117.35 | HKD 17.35 |

      Examples: the code says how much
        | tip               | total      | paid      |
        | no tip            | HKD 100.00 | HKD 0.00  |
        | a fee of HKD 5.00 | HKD 105.00 | HKD 5.00  |

      Examples: the code names a share, which may be rounded either way
        | tip                 | total      | paid      |
        | a fee of 10 percent | HKD 110.00 | HKD 10.00 |
        | a fee of 10 percent | HKD 110.01 | HKD 10.01 |
        | a fee of 10 percent | HKD 109.99 | HKD 9.99  |

    Scenario Outline: A tip that does not
      Given a cardholder with HKD 200.00 on the account
      And the shop shows a code for one bill of HKD 100.00
      And the shop's code asks for <tip>
      When the cardholder pays <total>, <paid> of it as a tip
      Then the app is told 13 "Invalid amount"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 13 |

      Examples:
        | tip                 | total      | paid       |
        | no tip              | HKD 105.00 | HKD 5.00   |
        | any tip             | HKD 105.00 | HKD 4.99   |
        | any tip             | HKD 100.00 | HKD 100.00 |
        | a fee of HKD 5.00   | HKD 100.00 | HKD 0.00   |
        | a fee of HKD 5.00   | HKD 104.99 | HKD 4.99   |
        | a fee of 10 percent | HKD 100.00 | HKD 0.00   |
        | a fee of 10 percent | HKD 110.02 | HKD 10.02  |

  Rule: One message is one payment, and a bill is paid once

    Scenario: The same message twice
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the app sends the same message again
      Then the app gets the same answer as before
      And the bank has booked HKD 30.00 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |

    Scenario: The same message after a decline is not tried anew
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 100.01
      And the app sends the same message again
      Then the app is told 51 "Insufficient balance"
      And the messages were
        | from                | to                  | message              |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV    |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION    |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 51 |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 51 |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV    |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 51 |

    Scenario: The same message before the bank has answered the first
      Given a cardholder with HKD 100.00 on the account
      When the app sends the message of HKD 30.00 twice before the bank has answered
      Then the app is told 00 "Approved"
      And the bank has booked HKD 30.00 once
      And the app is notified that the payment was approved
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 04       |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario Outline: The same message with another body
      Given a cardholder with HKD 100.00 on the account
      When the cardholder pays HKD 30.00
      And the app sends the same message with <change>
      Then the app is told 78 "Duplicate request"
      And the bank has booked HKD 30.00 once
      When the app asks what became of it
      Then it hears that the payment is APPROVED
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 78       |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00      |

      Examples:
        | change         |
        | another amount |
        | another note   |
        | another phone  |

    Scenario: A declined try is repeated with another card, and then the bill is paid
      Given a cardholder with HKD 20.00 on the account
      And another cardholder with HKD 100.00 on the account
      And the shop shows a code for one bill of HKD 30.00
      When the cardholder pays HKD 30.00
      Then the app is told 51 "Insufficient balance"
      When the other cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      When the cardholder pays HKD 30.00
      Then the app is told 02 "duplicated QRC transaction and expired QRC"
      And HKD 20.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 51       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 51       |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 02       |

    Scenario: A bill whose payment is still open cannot be paid by somebody else
      Given a cardholder with HKD 100.00 on the account
      And another cardholder with HKD 100.00 on the account
      And the shop shows a code for one bill of HKD 30.00
      But the bank decides, but its answer gets lost
      When the cardholder pays HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When the other cardholder pays HKD 30.00
      Then the app is told 02 "duplicated QRC transaction and expired QRC"
      And the messages were
        | from        | to                  | message              |
        | App Gateway | SCIS                | MPQRC_PAYMENT_EMV    |
        | SCIS        | Core Banking System | DEBIT_TRANSACTION    |
        | SCIS        | App Gateway         | MPQRC_PAYMENT_EMV 04 |
        | App Gateway | SCIS                | MPQRC_PAYMENT_EMV    |
        | SCIS        | App Gateway         | MPQRC_PAYMENT_EMV 02 |

  Rule: Where the bank's answer does not come, SCIS says so, asks, and in the end takes the debit back

    Scenario: The bank is silent, then found to have approved
      Given a cardholder with HKD 100.00 on the account
      And the bank decides, but its answer gets lost
      When the cardholder pays HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When the app asks what became of it
      Then it hears that the payment is PENDING
      When 2 seconds pass
      Then the app is notified that the payment was approved
      And the acquirer is told that HKD 30.00 was paid
      And the bank has booked HKD 30.00 once
      When the app asks what became of it
      Then it hears that the payment is APPROVED
      When the app sends the same message again
      Then the app is told 00 "Approved"
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 04       |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00      |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00      |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |

    Scenario: The bank is silent, knows nothing of the debit, and is made never to book it
      Given a cardholder with HKD 100.00 on the account
      And the bank does not answer, and books nothing
      When the cardholder pays HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 29 seconds pass
      And the app asks what became of it
      Then it hears that the payment is PENDING
      When a second passes
      Then the app is notified that the payment was declined: 91 "Issuer system error"
      And the bank has booked nothing
      When the app asks what became of it
      Then it hears that the payment is REVERSED
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 04       |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25      |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00      |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00      |

    Scenario: A reversal overtakes its debit
      Given a cardholder with HKD 100.00 on the account
      And the network keeps the debit back
      When the cardholder pays HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 30 seconds pass
      Then the app is notified that the payment was declined: 91 "Issuer system error"
      When the debit arrives
      Then the bank has booked nothing
      And HKD 100.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 04       |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25      |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 12       |

    Scenario Outline: An answer that proves nothing is no answer
      Given a cardholder with HKD 100.00 on the account
      And the bank <fault>
      When the cardholder pays HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 2 seconds pass
      Then the app is notified that the payment was approved
      And the acquirer is told that HKD 30.00 was paid
      And the bank has booked HKD 30.00 once
      And the messages were
        | from                | to                  | message                      |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV            |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION            |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION <answered> |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 04         |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY           |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00        |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION      |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00   |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION      |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00   |

      Examples:
        | fault                                     | answered            |
        | books, but answers with garbage           | unreadable          |
        | books, but answers with a false signature | wrongly signed      |
        | books, but answers another message        | for another message |

    Scenario: The bank answers too late
      Given a cardholder with HKD 100.00 on the account
      And the bank answers too late
      When the cardholder pays HKD 30.00
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When the bank's answer comes
      And the app asks what became of it
      Then it hears that the payment is PENDING
      When 2 seconds pass
      Then the app is notified that the payment was approved
      And the bank has booked HKD 30.00 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 04       |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00      |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The bank cannot be reached, so nothing needs to be taken back
      Given a cardholder with HKD 100.00 on the account
      And the bank cannot be reached
      When the cardholder pays HKD 30.00
      Then the app is told 92 "Network error"
      When 60 seconds pass
      And the app asks what became of it
      Then it hears that the payment is DECLINED
      And the messages were
        | from        | to          | message               |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV     |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 92  |
        | App Gateway | SCIS        | TRX_RESULT_INQUIRY    |
        | SCIS        | App Gateway | TRX_RESULT_INQUIRY 00 |

  Rule: The acquirer is told until it confirms

    Scenario: An acquirer that never confirms is told six times, and then left to an operator
      Given a cardholder with HKD 100.00 on the account
      And the acquirer confirms no notice
      When the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      When 60 minutes pass
      Then the acquirer was told the same after 0, 1, 3, 7, 15 and 31 minutes
      And an operator finds the notice parked
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 96 |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 96 |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 96 |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 96 |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 96 |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 96 |

    Scenario: An acquirer that cannot be reached is told when it is back
      Given a cardholder with HKD 100.00 on the account
      And the acquirer cannot be reached
      When the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      When 6 minutes pass
      And the acquirer can be reached again
      And a minute passes
      Then the acquirer is told that HKD 30.00 was paid
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario Outline: What is no confirmation
      Given a cardholder with HKD 100.00 on the account
      And the acquirer <fault>
      When the cardholder pays HKD 30.00
      And a minute passes
      Then the acquirer was told the same after 0 and 1 minutes
      And the messages were
        | from                | to                  | message                            |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV                  |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION                  |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00               |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00               |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION            |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION <answered> |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION            |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00         |

      Examples:
        | fault                                                      | answered            |
        | refuses the first notice                                   | 96                  |
        | answers the first notice with garbage                      | unreadable          |
        | answers the first notice with a false signature            | wrongly signed      |
        | answers the first notice with an answer to another message | for another message |

    Scenario: Silence is no confirmation
      Given a cardholder with HKD 100.00 on the account
      And the acquirer does not answer the first notice
      When the cardholder pays HKD 30.00
      And a minute passes
      Then the acquirer was told the same after 0 and 1 minutes
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |
