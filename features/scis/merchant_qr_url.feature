Feature: Merchant-presented QR code payment, URL mode
  A cardholder scans the code of a shop in mainland China, which is a web address. SCIS asks the QR platform what
  the address stands for, and never opens it. The cardholder sees the shop and pays in yuan; the bank debits the
  account in its own currency. The platform is told, and may say that somebody else was faster: then the money goes
  back by itself.

  Each scenario ends with the messages that crossed, as the partners recorded them. A number behind a message
  is the code of an answer; a request that no answer follows stayed without one.

  Rule: The app learns what the code asks for, and the payment follows it

    Scenario Outline: The chart
      Given a cardholder of <app> with HKD 200.00 on the account
      And the shop in Shanghai shows a code for any amount
      When the app reads the code
      Then the app is told 00 "Approved"
      And it is shown Plum Rain Dumplings in Shanghai, which takes any amount
      When the cardholder confirms CNY 100.00
      Then the app is told 00 "Approved"
      And the bank was told CNY 100.00, billed as HKD 110.17 at 1.101677, settled as USD 14.08 at 0.1408451
      And the bank has booked HKD 110.17 once
      And HKD 89.83 is left on the account
      And the platform is told that CNY 100.00 was paid
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY           |
        | SCIS                | QR Platform         | RESOLVE                    |
        | QR Platform         | SCIS                | RESOLVE 00                 |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00        |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 00       |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION    |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | app            |
        | Harbour Wallet |
        | Peak Pay       |

    Scenario: A code for one order
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for an order of CNY 128.50
      When the app reads the code
      Then it is shown Plum Rain Dumplings in Shanghai, which asks for CNY 128.50
      When the cardholder confirms CNY 128.50
      Then the app is told 00 "Approved"
      And the bank was told CNY 128.50, billed as HKD 141.57 at 1.101677, settled as USD 18.10 at 0.1408451
      And HKD 58.43 is left on the account
      And the platform is told that CNY 128.50 was paid
      When the app asks what became of it
      Then it hears that the payment is APPROVED
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY           |
        | SCIS                | QR Platform         | RESOLVE                    |
        | QR Platform         | SCIS                | RESOLVE 00                 |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00        |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 00       |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION    |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00      |

    Scenario: A code for any amount is paid again and again
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for any amount
      When the app reads the code
      And the cardholder confirms CNY 30.00
      Then the app is told 00 "Approved"
      When the cardholder confirms CNY 30.00
      Then the app is told 00 "Approved"
      And HKD 133.90 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY           |
        | SCIS                | QR Platform         | RESOLVE                    |
        | QR Platform         | SCIS                | RESOLVE 00                 |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00        |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 00       |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION    |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 00       |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION    |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The same message again is paid once
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for any amount
      When the app reads the code
      And the cardholder confirms CNY 100.00
      And the app sends the same message again
      Then the app gets the same answer as before
      When the app sends the payment again with CNY 100.01
      Then the app is told 78 "Duplicate request"
      And the bank has booked HKD 110.17 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY           |
        | SCIS                | QR Platform         | RESOLVE                    |
        | QR Platform         | SCIS                | RESOLVE 00                 |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00        |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 00       |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION    |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 00       |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 78       |

  Rule: Steps 1 and 2: only addresses of the platform are asked about, and only of the platform

    Scenario Outline: What is no such address
      Given a cardholder with HKD 200.00 on the account
      When the app reads <address>
      Then the app is told 30 "Message format error: trxInfo.mpqrcPayload"
      And the messages were
        | from        | to          | message             |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY    |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 30 |

      Examples:
        | address                                |
        | a shop's code of EMV mode              |
        | a word                                 |
        | an address without encryption          |
        | an address without a number            |
        | an address with a short number         |
        | an address with more behind its number |
        | an address that breaks off             |

    Scenario Outline: An address of somebody else is never opened
      Given a cardholder with HKD 200.00 on the account
      When the app reads <address>
      Then the app is told 12 "Invalid transaction"
      And the messages were
        | from        | to          | message             |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY    |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 12 |

      Examples:
        | address                                         |
        | an address of another company                   |
        | an address that only begins like the platform's |
        | an address that hides another company           |
        | an address with a port                          |
        | an address with a question                      |

    Scenario: The platform does not know the code
      Given a cardholder with HKD 200.00 on the account
      When the app reads an address that the platform does not know
      Then the app is told 12 "Invalid transaction"
      And the messages were
        | from        | to          | message             |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY    |
        | SCIS        | QR Platform | RESOLVE             |
        | QR Platform | SCIS        | RESOLVE 12          |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 12 |

    Scenario: The platform is silent
      Given a cardholder with HKD 200.00 on the account
      And the platform does not answer when it is asked about a code
      When the app reads the code
      Then the app is told 98 "Timeout"
      When the app reads the code
      Then the app is told 00 "Approved"
      And the messages were
        | from        | to          | message             |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY    |
        | SCIS        | QR Platform | RESOLVE             |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 98 |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY    |
        | SCIS        | QR Platform | RESOLVE             |
        | QR Platform | SCIS        | RESOLVE 00          |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 00 |

    Scenario: The platform answers with garbage
      Given a cardholder with HKD 200.00 on the account
      And the platform answers with garbage when it is asked about a code
      When the app reads the code
      Then the app is told 98 "Timeout"
      And the messages were
        | from        | to          | message             |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY    |
        | SCIS        | QR Platform | RESOLVE             |
        | QR Platform | SCIS        | RESOLVE unreadable  |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 98 |

    Scenario: The platform cannot be reached
      Given a cardholder with HKD 200.00 on the account
      And the platform cannot be reached
      When the app reads the code
      Then the app is told 92 "Network error"
      And the messages were
        | from        | to          | message             |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY    |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 92 |

    Scenario: A code that was paid elsewhere
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for an order of CNY 128.50
      When somebody else pays the code with another wallet
      And the app reads the code
      Then the app is told 02 "duplicated QRC transaction and expired QRC"
      And the messages were
        | from        | to          | message             |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY    |
        | SCIS        | QR Platform | RESOLVE             |
        | QR Platform | SCIS        | RESOLVE 02          |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 02 |

    Scenario: A code whose time is over
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for an order of CNY 128.50
      When 30 minutes pass
      And the app reads the code
      Then the app is told 02 "duplicated QRC transaction and expired QRC"
      And the messages were
        | from        | to          | message             |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY    |
        | SCIS        | QR Platform | RESOLVE             |
        | QR Platform | SCIS        | RESOLVE 02          |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 02 |

  Rule: Step 3: a payment is what was asked about, by whom, a moment ago

    Scenario: Nobody asked
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for any amount
      When the cardholder confirms CNY 100.00 without having asked about the code
      Then the app is told 25 "Unable to locate the original transaction"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | MPQRC_PAYMENT_URL    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_URL 25 |

    Scenario: Somebody else asked
      Given a cardholder with HKD 200.00 on the account
      And another cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for any amount
      When the other cardholder's app reads the code
      And the cardholder confirms CNY 100.00
      Then the app is told 25 "Unable to locate the original transaction"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY     |
        | SCIS        | QR Platform | RESOLVE              |
        | QR Platform | SCIS        | RESOLVE 00           |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 00  |
        | App Gateway | SCIS        | MPQRC_PAYMENT_URL    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_URL 25 |

    Scenario: It was asked about another code
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for any amount
      When the app reads another code of the same shop
      And the cardholder confirms CNY 100.00
      Then the app is told 25 "Unable to locate the original transaction"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY     |
        | SCIS        | QR Platform | RESOLVE              |
        | QR Platform | SCIS        | RESOLVE 00           |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 00  |
        | App Gateway | SCIS        | MPQRC_PAYMENT_URL    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_URL 25 |

    Scenario: Who asks is given five minutes
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for any amount
      When the app reads the code
      And 5 minutes pass
      And the cardholder confirms CNY 30.00
      Then the app is told 00 "Approved"
      When a second passes
      And the cardholder confirms CNY 30.00
      Then the app is told 02 "duplicated QRC transaction and expired QRC"
      And the bank has booked HKD 33.05 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY           |
        | SCIS                | QR Platform         | RESOLVE                    |
        | QR Platform         | SCIS                | RESOLVE 00                 |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00        |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 00       |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION    |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 02       |

    Scenario: Less, where the code ends earlier
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for an order of CNY 128.50, good for 2 minutes
      When the app reads the code
      And 3 minutes pass
      And the cardholder confirms CNY 128.50
      Then the app is told 02 "duplicated QRC transaction and expired QRC"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY     |
        | SCIS        | QR Platform | RESOLVE              |
        | QR Platform | SCIS        | RESOLVE 00           |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 00  |
        | App Gateway | SCIS        | MPQRC_PAYMENT_URL    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_URL 02 |

    Scenario Outline: An order is paid in full, in its currency, and knows no tips
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for an order of CNY 128.50
      When the app reads the code
      And the cardholder confirms <payment>
      Then the app is told <code> "<text>"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                  |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY         |
        | SCIS        | QR Platform | RESOLVE                  |
        | QR Platform | SCIS        | RESOLVE 00               |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 00      |
        | App Gateway | SCIS        | MPQRC_PAYMENT_URL        |
        | SCIS        | App Gateway | MPQRC_PAYMENT_URL <code> |

      Examples:
        | payment                          | code | text                |
        | CNY 128.49                       | 13   | Invalid amount      |
        | CNY 128.51                       | 13   | Invalid amount      |
        | CNY 0.00                         | 13   | Invalid amount      |
        | CNY 128.501                      | 13   | Invalid amount      |
        | HKD 128.50                       | 12   | Invalid transaction |
        | CNY 128.50 and a tip of CNY 1.00 | 13   | Invalid amount      |

    Scenario Outline: The app names another shop than the platform
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for any amount
      When the app reads the code
      And the cardholder confirms CNY 100.00, and the app names <claim>
      Then the app is told 03 "Invalid merchant"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY     |
        | SCIS        | QR Platform | RESOLVE              |
        | QR Platform | SCIS        | RESOLVE 00           |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 00  |
        | App Gateway | SCIS        | MPQRC_PAYMENT_URL    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_URL 03 |

      Examples:
        | claim                |
        | another shop         |
        | another kind of shop |

    Scenario: Spaces around the shop's name are no contradiction
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for any amount
      When the app reads the code
      And the cardholder confirms CNY 100.00, and the app names the shop with spaces around its name
      Then the app is told 00 "Approved"
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY           |
        | SCIS                | QR Platform         | RESOLVE                    |
        | QR Platform         | SCIS                | RESOLVE 00                 |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00        |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 00       |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION    |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario Outline: A payment that names no code of the platform
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for any amount
      When the app reads the code
      And the cardholder confirms CNY 100.00 <oddly>
      Then the app is told <code> "<text>"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                  |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY         |
        | SCIS        | QR Platform | RESOLVE                  |
        | QR Platform | SCIS        | RESOLVE 00               |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 00      |
        | App Gateway | SCIS        | MPQRC_PAYMENT_URL        |
        | SCIS        | App Gateway | MPQRC_PAYMENT_URL <code> |

      Examples:
        | oddly                         | code | text                                       |
        | for a code that is no address | 30   | Message format error: trxInfo.mpqrcPayload |
        | for a code of another company | 12   | Invalid transaction                        |
        | from another phone            | 55   | Invalid device id                          |

    Scenario: An order is paid once, whoever pays it
      Given a cardholder with HKD 200.00 on the account
      And another cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for an order of CNY 128.50
      When the other cardholder's app reads the code
      And the other cardholder confirms CNY 128.50
      Then the app is told 00 "Approved"
      When the other cardholder confirms CNY 128.50
      Then the app is told 02 "duplicated QRC transaction and expired QRC"
      When the app reads the code
      Then the app is told 02 "duplicated QRC transaction and expired QRC"
      And the bank has booked nothing
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY           |
        | SCIS                | QR Platform         | RESOLVE                    |
        | QR Platform         | SCIS                | RESOLVE 00                 |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00        |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 00       |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION    |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 02       |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY           |
        | SCIS                | QR Platform         | RESOLVE                    |
        | QR Platform         | SCIS                | RESOLVE 02                 |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 02        |

    Scenario: An order that the bank refused can be paid by somebody else
      Given a cardholder with HKD 200.00 on the account
      And another cardholder with HKD 20.00 on the account
      And the shop in Shanghai shows a code for an order of CNY 128.50
      When the other cardholder's app reads the code
      And the other cardholder confirms CNY 128.50
      Then the app is told 51 "Insufficient balance"
      When the app reads the code
      And the cardholder confirms CNY 128.50
      Then the app is told 00 "Approved"
      And the bank has booked HKD 141.57 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY           |
        | SCIS                | QR Platform         | RESOLVE                    |
        | QR Platform         | SCIS                | RESOLVE 00                 |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00        |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 51       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 51       |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY           |
        | SCIS                | QR Platform         | RESOLVE                    |
        | QR Platform         | SCIS                | RESOLVE 00                 |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00        |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 00       |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION    |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The issuer takes no part in URL mode
      Given a cardholder with HKD 200.00 on the account
      And the card's issuer takes no part in URL mode
      And the shop in Shanghai shows a code for any amount
      When the app reads the code
      And the cardholder confirms CNY 100.00
      Then the app is told 40 "The transaction is not supported by the issuer."
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY     |
        | SCIS        | QR Platform | RESOLVE              |
        | QR Platform | SCIS        | RESOLVE 00           |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 00  |
        | App Gateway | SCIS        | MPQRC_PAYMENT_URL    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_URL 40 |

    Scenario: A coupon in Hong Kong dollars is none for yuan
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for any amount
      When the app reads the code
      And the cardholder confirms CNY 100.00 with the coupon TENOFF
      Then the app is told 12 "Invalid transaction"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY     |
        | SCIS        | QR Platform | RESOLVE              |
        | QR Platform | SCIS        | RESOLVE 00           |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 00  |
        | App Gateway | SCIS        | MPQRC_PAYMENT_URL    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_URL 12 |

  Rule: Steps 4 to 6: the bank decides, in the account's currency

    Scenario: More than there is on the account
      Given a cardholder with HKD 110.16 on the account
      And the shop in Shanghai shows a code for any amount
      When the app reads the code
      And the cardholder confirms CNY 100.00
      Then the app is told 51 "Insufficient balance"
      And HKD 110.16 is left on the account
      When the app asks what became of it
      Then it hears that the payment is DECLINED
      And the messages were
        | from                | to                  | message               |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY      |
        | SCIS                | QR Platform         | RESOLVE               |
        | QR Platform         | SCIS                | RESOLVE 00            |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00   |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL     |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION     |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 51  |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 51  |
        | App Gateway         | SCIS                | TRX_RESULT_INQUIRY    |
        | SCIS                | App Gateway         | TRX_RESULT_INQUIRY 00 |

    Scenario: The bank cannot be reached
      Given a cardholder with HKD 200.00 on the account
      And the bank cannot be reached
      And the shop in Shanghai shows a code for any amount
      When the app reads the code
      And the cardholder confirms CNY 100.00
      Then the app is told 92 "Network error"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | QRC_INFO_INQUIRY     |
        | SCIS        | QR Platform | RESOLVE              |
        | QR Platform | SCIS        | RESOLVE 00           |
        | SCIS        | App Gateway | QRC_INFO_INQUIRY 00  |
        | App Gateway | SCIS        | MPQRC_PAYMENT_URL    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_URL 92 |

    Scenario: The bank is silent, then found to have approved
      Given a cardholder with HKD 200.00 on the account
      And the bank decides, but its answer gets lost
      And the shop in Shanghai shows a code for an order of CNY 128.50
      When the app reads the code
      And the cardholder confirms CNY 128.50
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 2 seconds pass
      Then the app is notified that the payment was approved
      And the platform is told that CNY 128.50 was paid
      And the bank has booked HKD 141.57 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY           |
        | SCIS                | QR Platform         | RESOLVE                    |
        | QR Platform         | SCIS                | RESOLVE 00                 |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00        |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 04       |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00      |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION    |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The bank is silent, and never saw the debit
      Given a cardholder with HKD 200.00 on the account
      And the bank does not answer, and books nothing
      And the shop in Shanghai shows a code for an order of CNY 128.50
      When the app reads the code
      And the cardholder confirms CNY 128.50
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      When 30 seconds pass
      Then the app is notified that the payment was declined: 91 "Issuer system error"
      And HKD 200.00 is left on the account
      When the cardholder confirms CNY 128.50
      Then the app is told 00 "Approved"
      And the bank has booked HKD 141.57 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY           |
        | SCIS                | QR Platform         | RESOLVE                    |
        | QR Platform         | SCIS                | RESOLVE 00                 |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00        |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 04       |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25      |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 00       |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION    |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

  Rule: Where somebody else was faster, the debit goes back by itself

    Scenario: The code was paid elsewhere in the meantime
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for an order of CNY 128.50
      When the app reads the code
      And somebody else pays the code with another wallet
      And the cardholder confirms CNY 128.50
      Then the app is told 00 "Approved"
      And the bank has booked HKD 141.57 and booked it back
      And HKD 200.00 is left on the account
      And the app is notified that CNY 128.50 came back
      When 10 minutes pass
      Then HKD 200.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY           |
        | SCIS                | QR Platform         | RESOLVE                    |
        | QR Platform         | SCIS                | RESOLVE 00                 |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00        |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 00       |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION    |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION 02 |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario Outline: Other words for the same
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for an order of CNY 128.50
      And the platform <words>
      When the app reads the code
      And the cardholder confirms CNY 128.50
      Then the bank has booked HKD 141.57 and booked it back
      And the app is notified that CNY 128.50 came back
      When 10 minutes pass
      Then HKD 200.00 is left on the account
      And the messages were
        | from                | to                  | message                        |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY               |
        | SCIS                | QR Platform         | RESOLVE                        |
        | QR Platform         | SCIS                | RESOLVE 00                     |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00            |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION              |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00           |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 00           |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION        |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION <code> |
        | SCIS                | Core Banking System | REVERSAL                       |
        | Core Banking System | SCIS                | REVERSAL 00                    |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION        |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00     |

      Examples:
        | words                                             | code |
        | refuses the notices because of the order's number | 94   |
        | knows the code no more when it gets the notice    | 12   |

    Scenario: The bank is silent when the money is to go back
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for an order of CNY 128.50
      And the bank does not hear the first order to give back
      When the app reads the code
      And somebody else pays the code with another wallet
      And the cardholder confirms CNY 128.50
      Then the bank has booked HKD 141.57 once
      When 2 seconds pass
      Then the bank has booked HKD 141.57 and booked it back
      And the app is notified that CNY 128.50 came back
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY           |
        | SCIS                | QR Platform         | RESOLVE                    |
        | QR Platform         | SCIS                | RESOLVE 00                 |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00        |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 00       |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION    |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION 02 |
        | SCIS                | Core Banking System | REVERSAL                   |
        | SCIS                | Core Banking System | REVERSAL                   |
        | Core Banking System | SCIS                | REVERSAL 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: A platform that is out of order is told again, and the money stays
      Given a cardholder with HKD 200.00 on the account
      And the shop in Shanghai shows a code for an order of CNY 128.50
      And the platform refuses the first notice because it is out of order
      When the app reads the code
      And the cardholder confirms CNY 128.50
      And a minute passes
      Then the platform is told that CNY 128.50 was paid
      And the bank has booked HKD 141.57 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_INFO_INQUIRY           |
        | SCIS                | QR Platform         | RESOLVE                    |
        | QR Platform         | SCIS                | RESOLVE 00                 |
        | SCIS                | App Gateway         | QRC_INFO_INQUIRY 00        |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_URL          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_URL 00       |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION    |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION 96 |
        | SCIS                | QR Platform         | TRX_RESULT_NOTIFICATION    |
        | QR Platform         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
