Feature: Consumer-presented QR code payment
  A cardholder shows a code in an app, a shop's till scans it. The code stands for the card, for one payment and for
  a minute. Above the limit that the wallet sets, SCIS first has the app ask its cardholder. What a till asks and is
  told goes through the shop's acquirer; the app is notified of each sale, paid or not.

  Each scenario ends with the messages that crossed, as the partners recorded them. A number behind a message
  is the code of an answer; a request that no answer follows stayed without one.

  Rule: The app gets codes that are good for one payment each

    Scenario Outline: The chart, part 1
      Given a cardholder of <app> with HKD 100.00 on the account
      When the app asks for a code
      Then the app is told 00 "Approved"
      And it gets 1 codes that a till can read
      And the messages were
        | from        | to          | message           |
        | App Gateway | SCIS        | QRC_GENERATION    |
        | SCIS        | App Gateway | QRC_GENERATION 00 |

      Examples:
        | app            |
        | Harbour Wallet |
        | Peak Pay       |

    Scenario: Several codes at once, for where there is no network
      Given a cardholder with HKD 100.00 on the account
      When the app asks for 10 codes
      Then it gets 10 codes that a till can read
      And the messages were
        | from        | to          | message           |
        | App Gateway | SCIS        | QRC_GENERATION    |
        | SCIS        | App Gateway | QRC_GENERATION 00 |

    Scenario: The same message again brings the same codes
      Given a cardholder with HKD 100.00 on the account
      When the app asks for 3 codes
      And the app asks for the codes again in the same message
      Then it gets 3 codes that a till can read
      And it gets the same codes as before
      And the messages were
        | from        | to          | message           |
        | App Gateway | SCIS        | QRC_GENERATION    |
        | SCIS        | App Gateway | QRC_GENERATION 00 |
        | App Gateway | SCIS        | QRC_GENERATION    |
        | SCIS        | App Gateway | QRC_GENERATION 00 |

    Scenario Outline: As many codes as a wallet may keep, and at least one
      Given a cardholder with HKD 100.00 on the account
      When the app asks for <count> codes
      Then the app is told 30 "Message format error: trxInfo.cpqrcNo"
      And the messages were
        | from        | to          | message           |
        | App Gateway | SCIS        | QRC_GENERATION    |
        | SCIS        | App Gateway | QRC_GENERATION 30 |

      Examples:
        | count |
        | 0     |
        | 11    |

    Scenario Outline: A card that may not be used makes no codes
      Given a cardholder with HKD 100.00 on the account
      And the card is <state>
      When the app asks for a code
      Then the app is told <code> "<text>"
      And the messages were
        | from        | to          | message               |
        | App Gateway | SCIS        | QRC_GENERATION        |
        | SCIS        | App Gateway | QRC_GENERATION <code> |

      Examples:
        | state                   | code | text              |
        | suspended by its holder | 21   | Card status error |
        | deleted by its holder   | 21   | Card status error |
        | reported lost           | 41   | Lost card         |
        | reported stolen         | 43   | Stolen card       |
        | flagged for fraud       | 34   | Fraud card        |
        | closed by its issuer    | 21   | Card status error |
        | expired                 | 54   | Expired card.     |

    Scenario Outline: What cannot be asked for
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code <oddly>
      Then the app is told <code> "<text>"
      And the messages were
        | from        | to          | message               |
        | App Gateway | SCIS        | QRC_GENERATION        |
        | SCIS        | App Gateway | QRC_GENERATION <code> |

      Examples:
        | oddly                                          | code | text                                        |
        | from another phone                             | 55   | Invalid device id                           |
        | for another user                               | 57   | Transaction not permitted to cardholder     |
        | with a limit in no currency                    | 30   | Message format error: trxInfo.limitCurrency |
        | with a limit in a currency that does not exist | 12   | Invalid transaction                         |

    Scenario Outline: What the issuer does not allow
      Given a cardholder with HKD 100.00 on the account
      And the card's issuer <rule>
      When the app asks for a code
      Then the app is told <code> "<text>"
      And the messages were
        | from        | to          | message               |
        | App Gateway | SCIS        | QRC_GENERATION        |
        | SCIS        | App Gateway | QRC_GENERATION <code> |

      Examples:
        | rule                     | code | text                      |
        | is in its cut-off window | 90   | The system is in cut-off. |
        | never admitted this app  | 15   | No such issuer            |

  Rule: Above the wallet's limit the cardholder is asked before anything is debited

    Scenario Outline: The chart, part 2
      Given a cardholder of <app> with HKD 2000.00 on the account
      When the app asks for a code
      And the till scans the code for HKD 1000.01
      Then the till is told 04 "Pending. Transaction result is unknown. Please check later."
      And the app is asked whether HKD 1000.01 may be paid
      And the bank has booked nothing
      When the till asks what became of it
      Then it hears that the payment is PENDING
      When the cardholder agrees
      Then the app is told 00 "Approved"
      And the bank has booked HKD 1000.01 once
      And HKD 999.99 is left on the account
      And the app is notified that the payment was approved
      When the till asks what became of it
      Then it hears that the payment is APPROVED
      And the messages were
        | from                | to                  | message                         |
        | App Gateway         | SCIS                | QRC_GENERATION                  |
        | SCIS                | App Gateway         | QRC_GENERATION 00               |
        | Acquirer            | SCIS                | CPQRC_PAYMENT                   |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING           |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING 00        |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 04                |
        | Acquirer            | SCIS                | TRX_RESULT_INQUIRY              |
        | SCIS                | Acquirer            | TRX_RESULT_INQUIRY 00           |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING_RESULT 00 |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION               |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION         |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00      |
        | Acquirer            | SCIS                | TRX_RESULT_INQUIRY              |
        | SCIS                | Acquirer            | TRX_RESULT_INQUIRY 00           |

      Examples:
        | app            |
        | Harbour Wallet |
        | Peak Pay       |

    Scenario: Up to the limit nobody is asked
      Given a cardholder with HKD 2000.00 on the account
      When the app asks for a code
      And the till scans the code for HKD 1000.00
      Then the till is told 00 "Approved"
      And the bank has booked HKD 1000.00 once
      And the app is notified that the payment was approved
      When the till asks what became of it
      Then it hears that the payment is APPROVED
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
        | Acquirer            | SCIS                | TRX_RESULT_INQUIRY         |
        | SCIS                | Acquirer            | TRX_RESULT_INQUIRY 00      |

    Scenario: A till that reads bar codes
      Given a cardholder with HKD 2000.00 on the account
      When the app asks for a code
      And the till scans the bar code for HKD 30.00
      Then the till is told 00 "Approved"
      And the bank has booked HKD 30.00 once
      And the app is notified that the payment was approved
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

    Scenario: A bar code above the limit
      Given a cardholder with HKD 2000.00 on the account
      When the app asks for a code
      And the till scans the bar code for HKD 1000.01
      Then the till is told 04 "Pending. Transaction result is unknown. Please check later."
      And the app is asked whether HKD 1000.01 may be paid
      When the cardholder agrees
      Then the app is told 00 "Approved"
      And the bank has booked HKD 1000.01 once
      And the app is notified that the payment was approved
      And the messages were
        | from                | to                  | message                         |
        | App Gateway         | SCIS                | QRC_GENERATION                  |
        | SCIS                | App Gateway         | QRC_GENERATION 00               |
        | Acquirer            | SCIS                | CPQRC_PAYMENT                   |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING           |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING 00        |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 04                |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING_RESULT 00 |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION               |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION         |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00      |

    Scenario: The app sets the limit of a code, in another currency if it likes
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code that needs no confirmation up to USD 6.00
      And the till scans the code for HKD 46.93
      Then the till is told 00 "Approved"
      When the app asks for a code that needs no confirmation up to USD 6.00
      And the till scans the code for HKD 47.00
      Then the till is told 04 "Pending. Transaction result is unknown. Please check later."
      When the cardholder agrees
      Then HKD 6.07 is left on the account
      And the messages were
        | from                | to                  | message                         |
        | App Gateway         | SCIS                | QRC_GENERATION                  |
        | SCIS                | App Gateway         | QRC_GENERATION 00               |
        | Acquirer            | SCIS                | CPQRC_PAYMENT                   |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION               |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00            |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 00                |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION         |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00      |
        | App Gateway         | SCIS                | QRC_GENERATION                  |
        | SCIS                | App Gateway         | QRC_GENERATION 00               |
        | Acquirer            | SCIS                | CPQRC_PAYMENT                   |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING           |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING 00        |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 04                |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING_RESULT 00 |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION               |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION         |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00      |

    Scenario: An app that wants to be asked each time
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code that needs no confirmation up to HKD 0.00
      And the till scans the code for HKD 1.00
      Then the till is told 04 "Pending. Transaction result is unknown. Please check later."
      And the app is asked whether HKD 1.00 may be paid
      And the messages were
        | from        | to          | message                  |
        | App Gateway | SCIS        | QRC_GENERATION           |
        | SCIS        | App Gateway | QRC_GENERATION 00        |
        | Acquirer    | SCIS        | CPQRC_PAYMENT            |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING    |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING 00 |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 04         |

    Scenario: A shop abroad: the limit is compared in the card's currency
      Given a cardholder with HKD 2000.00 on the account
      And the cardholder is at Tsubaki Tea House
      When the app asks for a code
      And the till scans the code for JPY 19000
      Then the till is told 00 "Approved"
      And the bank was asked to debit HKD 982.26 and to settle USD 125.58
      When the app asks for a code
      And the till scans the code for JPY 20000
      Then the till is told 04 "Pending. Transaction result is unknown. Please check later."
      And the app is asked whether JPY 20000 may be paid
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
        | App Gateway         | SCIS                | QRC_GENERATION             |
        | SCIS                | App Gateway         | QRC_GENERATION 00          |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING      |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING 00   |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 04           |

  Rule: A cardholder who says no, or nothing, pays nothing

    Scenario: The cardholder refuses
      Given a cardholder with HKD 2000.00 on the account
      When the app asks for a code
      And the till scans the code for HKD 1200.00
      And the cardholder refuses
      Then the app is told 00 "Approved"
      And the bank has booked nothing
      And the app is notified that the payment was declined: 05 "Cardholder verification fails."
      When the till asks what became of it
      Then it hears that the payment was declined: 05 "Cardholder verification fails."
      When the till sends the same message again
      Then the till is told 05 "Cardholder verification fails."
      And the messages were
        | from        | to          | message                         |
        | App Gateway | SCIS        | QRC_GENERATION                  |
        | SCIS        | App Gateway | QRC_GENERATION 00               |
        | Acquirer    | SCIS        | CPQRC_PAYMENT                   |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING           |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING 00        |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 04                |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING_RESULT 00 |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION         |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00      |
        | Acquirer    | SCIS        | TRX_RESULT_INQUIRY              |
        | SCIS        | Acquirer    | TRX_RESULT_INQUIRY 00           |
        | Acquirer    | SCIS        | CPQRC_PAYMENT                   |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 05                |

    Scenario: The cardholder says nothing
      Given a cardholder with HKD 2000.00 on the account
      When the app asks for a code
      And the till scans the code for HKD 1200.00
      And 2 minutes pass
      And the till asks what became of it
      Then it hears that the payment is PENDING
      When a minute passes
      Then the app is notified that the payment was declined: 98 "Timeout"
      When the till asks what became of it
      Then it hears that the payment was declined: 98 "Timeout"
      When the cardholder agrees
      Then the app is told 12 "Invalid transaction"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                         |
        | App Gateway | SCIS        | QRC_GENERATION                  |
        | SCIS        | App Gateway | QRC_GENERATION 00               |
        | Acquirer    | SCIS        | CPQRC_PAYMENT                   |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING           |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING 00        |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 04                |
        | Acquirer    | SCIS        | TRX_RESULT_INQUIRY              |
        | SCIS        | Acquirer    | TRX_RESULT_INQUIRY 00           |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION         |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00      |
        | Acquirer    | SCIS        | TRX_RESULT_INQUIRY              |
        | SCIS        | Acquirer    | TRX_RESULT_INQUIRY 00           |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING_RESULT 12 |

    Scenario: The app does not confirm that it was asked
      Given a cardholder with HKD 2000.00 on the account
      And the app does not confirm the question
      When the app asks for a code
      And the till scans the code for HKD 1200.00
      Then the till is told 98 "Timeout"
      And the app is notified that the payment was declined: 98 "Timeout"
      When the cardholder agrees
      Then the app is told 12 "Invalid transaction"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                         |
        | App Gateway | SCIS        | QRC_GENERATION                  |
        | SCIS        | App Gateway | QRC_GENERATION 00               |
        | Acquirer    | SCIS        | CPQRC_PAYMENT                   |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING           |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 98                |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION         |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00      |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING_RESULT 12 |

    Scenario: The app cannot be reached
      Given a cardholder with HKD 2000.00 on the account
      When the app asks for a code
      Given the app cannot be reached
      When the till scans the code for HKD 1200.00
      Then the till is told 92 "Network error"
      And the bank has booked nothing
      When the app can be reached again
      And a minute passes
      Then the app is notified that the payment was declined: 92 "Network error"
      And the messages were
        | from        | to          | message                    |
        | App Gateway | SCIS        | QRC_GENERATION             |
        | SCIS        | App Gateway | QRC_GENERATION 00          |
        | Acquirer    | SCIS        | CPQRC_PAYMENT              |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 92           |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION    |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The app will not ask
      Given a cardholder with HKD 2000.00 on the account
      And the app will not ask its cardholder
      When the app asks for a code
      And the till scans the code for HKD 1200.00
      Then the till is told 05 "Cardholder verification fails."
      And the bank has booked nothing
      And the app is notified that the payment was declined: 05 "Cardholder verification fails."
      And the messages were
        | from        | to          | message                    |
        | App Gateway | SCIS        | QRC_GENERATION             |
        | SCIS        | App Gateway | QRC_GENERATION 00          |
        | Acquirer    | SCIS        | CPQRC_PAYMENT              |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING      |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING 96   |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 05           |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION    |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00 |

  Rule: The cardholder is asked once and answers once

    Scenario: A second answer counts for nothing, whatever it is
      Given a cardholder with HKD 2000.00 on the account
      When the app asks for a code
      And the till scans the code for HKD 1200.00
      And the cardholder agrees
      And the app sends the cardholder's answer again in the same message
      Then the app is told 00 "Approved"
      When the cardholder agrees
      Then the app is told 94 "Duplicated transaction"
      When the cardholder refuses
      Then the app is told 94 "Duplicated transaction"
      And the bank has booked HKD 1200.00 once
      And the messages were
        | from                | to                  | message                         |
        | App Gateway         | SCIS                | QRC_GENERATION                  |
        | SCIS                | App Gateway         | QRC_GENERATION 00               |
        | Acquirer            | SCIS                | CPQRC_PAYMENT                   |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING           |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING 00        |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 04                |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING_RESULT 00 |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION               |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION         |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00      |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING_RESULT 00 |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING_RESULT 94 |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING_RESULT 94 |

    Scenario: A no stays a no
      Given a cardholder with HKD 2000.00 on the account
      When the app asks for a code
      And the till scans the code for HKD 1200.00
      And the cardholder refuses
      And the cardholder agrees
      Then the app is told 94 "Duplicated transaction"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                         |
        | App Gateway | SCIS        | QRC_GENERATION                  |
        | SCIS        | App Gateway | QRC_GENERATION 00               |
        | Acquirer    | SCIS        | CPQRC_PAYMENT                   |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING           |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING 00        |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 04                |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING_RESULT 00 |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION         |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00      |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING_RESULT 94 |

    Scenario Outline: An answer that is not this cardholder's leaves the question open
      Given a cardholder with HKD 2000.00 on the account
      When the app asks for a code
      And the till scans the code for HKD 1200.00
      And the cardholder agrees <oddly>
      Then the app is told <code> "<text>"
      And the bank has booked nothing
      When the till asks what became of it
      Then it hears that the payment is PENDING
      And the messages were
        | from        | to          | message                             |
        | App Gateway | SCIS        | QRC_GENERATION                      |
        | SCIS        | App Gateway | QRC_GENERATION 00                   |
        | Acquirer    | SCIS        | CPQRC_PAYMENT                       |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING               |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING 00            |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 04                    |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING_RESULT        |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING_RESULT <code> |
        | Acquirer    | SCIS        | TRX_RESULT_INQUIRY                  |
        | SCIS        | Acquirer    | TRX_RESULT_INQUIRY 00               |

      Examples:
        | oddly                      | code | text                                        |
        | on another phone           | 55   | Invalid device id                           |
        | as another user            | 57   | Transaction not permitted to cardholder     |
        | with another card          | 14   | Invalid card number                         |
        | to what nobody asked       | 25   | Unable to locate the original transaction   |
        | in words that do not exist | 30   | Message format error: trxInfo.paymentStatus |

    Scenario Outline: Apps that repeat less of the question
      Given a cardholder with HKD 2000.00 on the account
      When the app asks for a code
      And the till scans the code for HKD 1200.00
      And the cardholder agrees <oddly>
      Then the app is told 00 "Approved"
      And the bank has booked HKD 1200.00 once
      And the messages were
        | from                | to                  | message                         |
        | App Gateway         | SCIS                | QRC_GENERATION                  |
        | SCIS                | App Gateway         | QRC_GENERATION 00               |
        | Acquirer            | SCIS                | CPQRC_PAYMENT                   |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING           |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING 00        |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 04                |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING_RESULT 00 |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION               |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION         |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00      |

      Examples:
        | oddly                              |
        | and the app names the code alone   |
        | and the app does not name the user |

    Scenario: Another app answers
      Given a cardholder with HKD 2000.00 on the account
      When the app asks for a code
      And the till scans the code for HKD 1200.00
      And the app of another provider agrees
      Then the app is told 25 "Unable to locate the original transaction"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                         |
        | App Gateway | SCIS        | QRC_GENERATION                  |
        | SCIS        | App Gateway | QRC_GENERATION 00               |
        | Acquirer    | SCIS        | CPQRC_PAYMENT                   |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING           |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING 00        |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 04                |
        | Peak Pay    | SCIS        | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS        | Peak Pay    | ADDITIONAL_PROCESSING_RESULT 25 |

    Scenario: A yes to one sale is no yes to another
      Given a cardholder with HKD 3000.00 on the account
      When the app asks for 2 codes
      And the till scans the code for HKD 1200.00
      And the till scans the second code for HKD 1300.00
      And the cardholder agrees to the first sale, and the app names the second's code
      Then the app is told 12 "Invalid transaction"
      And the bank has booked nothing
      When the cardholder agrees
      Then the app is told 00 "Approved"
      And the bank has booked HKD 1300.00 once
      And the messages were
        | from                | to                  | message                         |
        | App Gateway         | SCIS                | QRC_GENERATION                  |
        | SCIS                | App Gateway         | QRC_GENERATION 00               |
        | Acquirer            | SCIS                | CPQRC_PAYMENT                   |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING           |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING 00        |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 04                |
        | Acquirer            | SCIS                | CPQRC_PAYMENT                   |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING           |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING 00        |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 04                |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING_RESULT 12 |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING_RESULT 00 |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION               |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION         |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00      |

    Scenario: The answer is faster than the receipt for the question
      Given a cardholder with HKD 2000.00 on the account
      And the cardholder is faster than the app's receipt for the question
      When the app asks for a code
      And the till scans the code for HKD 1200.00
      Then the till is told 04 "Pending. Transaction result is unknown. Please check later."
      And the bank has booked HKD 1200.00 once
      And the app is notified that the payment was approved
      And the messages were
        | from                | to                  | message                         |
        | App Gateway         | SCIS                | QRC_GENERATION                  |
        | SCIS                | App Gateway         | QRC_GENERATION 00               |
        | Acquirer            | SCIS                | CPQRC_PAYMENT                   |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING           |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING_RESULT 00 |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING 00        |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 04                |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION               |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION         |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00      |

  Rule: Between the cardholder's yes and the debit, things may have changed

    Scenario: The till takes the sale back while the cardholder thinks
      Given a cardholder with HKD 2000.00 on the account
      When the app asks for a code
      And the till scans the code for HKD 1200.00
      And the till takes the sale back
      Then it hears 00 "Approved"
      When the till asks what became of it
      Then it hears that the payment was declined: 12 "Invalid transaction"
      When the cardholder agrees
      Then the app is told 12 "Invalid transaction"
      And the bank has booked nothing
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
        | Acquirer    | SCIS        | TRX_RESULT_INQUIRY              |
        | SCIS        | Acquirer    | TRX_RESULT_INQUIRY 00           |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING_RESULT 12 |

    Scenario: The card is suspended before the debit goes out
      Given a cardholder with HKD 2000.00 on the account
      When the app asks for a code
      And the till scans the code for HKD 1200.00
      And the cardholder agrees and suspends the card in the same moment
      Then the app is notified that the payment was declined: 21 "Card status error"
      And the bank has booked nothing
      When the till asks what became of it
      Then it hears that the payment was declined: 21 "Card status error"
      And the messages were
        | from        | to          | message                         |
        | App Gateway | SCIS        | QRC_GENERATION                  |
        | SCIS        | App Gateway | QRC_GENERATION 00               |
        | Acquirer    | SCIS        | CPQRC_PAYMENT                   |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING           |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING 00        |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 04                |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING_RESULT 00 |
        | App Gateway | SCIS        | CARD_STATUS_MANAGEMENT          |
        | SCIS        | App Gateway | CARD_STATUS_MANAGEMENT 00       |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION         |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00      |
        | Acquirer    | SCIS        | TRX_RESULT_INQUIRY              |
        | SCIS        | Acquirer    | TRX_RESULT_INQUIRY 00           |

    Scenario: More than there is on the account
      Given a cardholder with HKD 1100.00 on the account
      When the app asks for a code
      And the till scans the code for HKD 1200.00
      And the cardholder agrees
      Then the app is told 00 "Approved"
      And the app is notified that the payment was declined: 51 "Insufficient balance"
      When the till asks what became of it
      Then it hears that the payment was declined: 51 "Insufficient balance"
      And HKD 1100.00 is left on the account
      And the messages were
        | from                | to                  | message                         |
        | App Gateway         | SCIS                | QRC_GENERATION                  |
        | SCIS                | App Gateway         | QRC_GENERATION 00               |
        | Acquirer            | SCIS                | CPQRC_PAYMENT                   |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING           |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING 00        |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 04                |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING_RESULT 00 |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION               |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 51            |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION         |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00      |
        | Acquirer            | SCIS                | TRX_RESULT_INQUIRY              |
        | SCIS                | Acquirer            | TRX_RESULT_INQUIRY 00           |

    Scenario: The bank is silent, and never saw the debit
      Given a cardholder with HKD 2000.00 on the account
      And the bank does not answer, and books nothing
      When the app asks for a code
      And the till scans the code for HKD 1200.00
      And the cardholder agrees
      And the till asks what became of it
      Then it hears that the payment is PENDING
      When 30 seconds pass
      Then the app is notified that the payment was declined: 91 "Issuer system error"
      And HKD 2000.00 is left on the account
      When the till asks what became of it
      Then it hears that the payment is REVERSED
      And the messages were
        | from                | to                  | message                         |
        | App Gateway         | SCIS                | QRC_GENERATION                  |
        | SCIS                | App Gateway         | QRC_GENERATION 00               |
        | Acquirer            | SCIS                | CPQRC_PAYMENT                   |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING           |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING 00        |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 04                |
        | App Gateway         | SCIS                | ADDITIONAL_PROCESSING_RESULT    |
        | SCIS                | App Gateway         | ADDITIONAL_PROCESSING_RESULT 00 |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION               |
        | Acquirer            | SCIS                | TRX_RESULT_INQUIRY              |
        | SCIS                | Acquirer            | TRX_RESULT_INQUIRY 00           |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY              |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 25           |
        | SCIS                | Core Banking System | REVERSAL                        |
        | Core Banking System | SCIS                | REVERSAL 00                     |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION         |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00      |
        | Acquirer            | SCIS                | TRX_RESULT_INQUIRY              |
        | SCIS                | Acquirer            | TRX_RESULT_INQUIRY 00           |

    Scenario: The bank is silent, then found to have approved
      Given a cardholder with HKD 100.00 on the account
      And the bank decides, but its answer gets lost
      When the app asks for a code
      And the till scans the code for HKD 30.00
      Then the till is told 04 "Pending. Transaction result is unknown. Please check later."
      When 2 seconds pass
      Then the app is notified that the payment was approved
      When the till sends the same message again
      Then the till is told 00 "Approved"
      And the bank has booked HKD 30.00 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_GENERATION             |
        | SCIS                | App Gateway         | QRC_GENERATION 00          |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 04           |
        | SCIS                | Core Banking System | TRX_RESULT_INQUIRY         |
        | Core Banking System | SCIS                | TRX_RESULT_INQUIRY 00      |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 00           |

  Rule: A code is spent when it has been to the bank, or a minute after it was made

    Scenario Outline: A code that was scanned before
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code
      And the till scans <first> for HKD 30.00
      Then the till is told 00 "Approved"
      When the till scans <second> for HKD 30.00
      Then the till is told 02 "duplicated QRC transaction and expired QRC"
      And the app is notified that the payment was declined: 02 "duplicated QRC transaction and expired QRC"
      And the bank has booked HKD 30.00 once
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
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 02           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | first        | second       |
        | the code     | the code     |
        | the code     | the bar code |
        | the bar code | the code     |

    Scenario: A till that repeats itself hears the same, and nothing is paid twice
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code
      And the till scans the code for HKD 30.00
      And the till sends the same message again
      Then the till is told 00 "Approved"
      When the till sends the same message with HKD 31.00
      Then the till is told 78 "Duplicate request"
      And the bank has booked HKD 30.00 once
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
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 00           |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 78           |

    Scenario: A code that waits for its cardholder is taken
      Given a cardholder with HKD 3000.00 on the account
      When the app asks for a code
      And the till scans the code for HKD 1200.00
      And the till scans the bar code for HKD 30.00
      Then the till is told 02 "duplicated QRC transaction and expired QRC"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                    |
        | App Gateway | SCIS        | QRC_GENERATION             |
        | SCIS        | App Gateway | QRC_GENERATION 00          |
        | Acquirer    | SCIS        | CPQRC_PAYMENT              |
        | SCIS        | App Gateway | ADDITIONAL_PROCESSING      |
        | App Gateway | SCIS        | ADDITIONAL_PROCESSING 00   |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 04           |
        | Acquirer    | SCIS        | CPQRC_PAYMENT              |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 02           |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION    |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00 |

    Scenario: A code that the bank has refused is spent, the next one is not
      Given a cardholder with HKD 100.00 on the account
      When the app asks for 2 codes
      And the till scans the code for HKD 130.00
      Then the till is told 51 "Insufficient balance"
      And the app is notified that the payment was declined: 51 "Insufficient balance"
      When the till scans the code for HKD 30.00
      Then the till is told 02 "duplicated QRC transaction and expired QRC"
      When the till scans the second code for HKD 30.00
      Then the till is told 00 "Approved"
      And the bank has booked HKD 30.00 once
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
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 02           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The last second of a code
      Given a cardholder with HKD 100.00 on the account
      When the app asks for 2 codes
      And 59 seconds pass
      And the till scans the code for HKD 30.00
      Then the till is told 00 "Approved"
      When a second passes
      And the till scans the second code for HKD 30.00
      Then the till is told 02 "duplicated QRC transaction and expired QRC"
      And the bank has booked HKD 30.00 once
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
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 02           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: A code of yesterday
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code
      And the next day comes
      And the till scans the code for HKD 30.00
      Then the till is told 02 "duplicated QRC transaction and expired QRC"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                    |
        | App Gateway | SCIS        | QRC_GENERATION             |
        | SCIS        | App Gateway | QRC_GENERATION 00          |
        | Acquirer    | SCIS        | CPQRC_PAYMENT              |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 02           |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION    |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00 |

    Scenario Outline: A code that SCIS has thrown away long ago
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code
      And a month passes, and SCIS throws old codes away
      And the till scans <what> for HKD 30.00
      Then the till is told <code> "<text>"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | QRC_GENERATION       |
        | SCIS        | App Gateway | QRC_GENERATION 00    |
        | Acquirer    | SCIS        | CPQRC_PAYMENT        |
        | SCIS        | Acquirer    | CPQRC_PAYMENT <code> |

      Examples:
        | what         | code | text                                       |
        | the code     | 02   | duplicated QRC transaction and expired QRC |
        | the bar code | 12   | Invalid transaction                        |

  Rule: Only codes that SCIS gave out are paid

    Scenario Outline: A code that SCIS did not give out
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code
      And the till scans a code <spoiled> for HKD 30.00
      Then the till is told 12 "Invalid transaction"
      And the bank has booked nothing
      When the till asks what became of it
      Then it hears that the payment is DECLINED
      And the messages were
        | from        | to          | message               |
        | App Gateway | SCIS        | QRC_GENERATION        |
        | SCIS        | App Gateway | QRC_GENERATION 00     |
        | Acquirer    | SCIS        | CPQRC_PAYMENT         |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 12      |
        | Acquirer    | SCIS        | TRX_RESULT_INQUIRY    |
        | SCIS        | Acquirer    | TRX_RESULT_INQUIRY 00 |

      Examples:
        | spoiled                           |
        | whose cryptogram was changed      |
        | whose counter was changed         |
        | whose card number was changed     |
        | whose wallet was changed          |
        | whose expiry was changed          |
        | of a wallet that is not here      |
        | of 19 digits that nobody gave out |

    Scenario Outline: A code that cannot be read leaves no trace
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code
      And the till scans a code <spoiled> for HKD 30.00
      Then the till is told 30 "Message format error: trxInfo.emvCpqrcPayload"
      And the bank has booked nothing
      When the till asks what became of it
      Then it hears 25 "Unable to locate the original transaction"
      And the messages were
        | from        | to          | message               |
        | App Gateway | SCIS        | QRC_GENERATION        |
        | SCIS        | App Gateway | QRC_GENERATION 00     |
        | Acquirer    | SCIS        | CPQRC_PAYMENT         |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 30      |
        | Acquirer    | SCIS        | TRX_RESULT_INQUIRY    |
        | SCIS        | Acquirer    | TRX_RESULT_INQUIRY 25 |

      Examples:
        | spoiled                                 |
        | that is cut off                         |
        | with a character that codes do not have |
        | of another payment scheme               |
        | that a shop shows                       |
        | with nothing in it                      |

  Rule: A sale is what the till may ask for

    Scenario: More than the code is for
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code for at most HKD 50.00
      And the till scans the code for HKD 50.01
      Then the till is told 61 "Exceeds approval amount limit"
      And the app is notified that the payment was declined: 61 "Exceeds approval amount limit"
      When the till scans the code for HKD 50.00
      Then the till is told 00 "Approved"
      And HKD 50.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_GENERATION             |
        | SCIS                | App Gateway         | QRC_GENERATION 00          |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 61           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The limit of a code in another currency
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code for at most USD 6.00
      And the till scans the code for HKD 47.00
      Then the till is told 61 "Exceeds approval amount limit"
      When the till scans the code for HKD 46.93
      Then the till is told 00 "Approved"
      And HKD 53.07 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_GENERATION             |
        | SCIS                | App Gateway         | QRC_GENERATION 00          |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 61           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The limit of one payment
      Given a cardholder with HKD 100.00 on the account
      And the card's issuer allows at most HKD 50.00 a payment
      When the app asks for a code
      And the till scans the code for HKD 50.01
      Then the till is told 61 "Exceeds approval amount limit"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                    |
        | App Gateway | SCIS        | QRC_GENERATION             |
        | SCIS        | App Gateway | QRC_GENERATION 00          |
        | Acquirer    | SCIS        | CPQRC_PAYMENT              |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 61           |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION    |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00 |

    Scenario Outline: Amounts that are none
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code
      And the till scans the code for <amount>
      Then the till is told <code> "<text>"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                    |
        | App Gateway | SCIS        | QRC_GENERATION             |
        | SCIS        | App Gateway | QRC_GENERATION 00          |
        | Acquirer    | SCIS        | CPQRC_PAYMENT              |
        | SCIS        | Acquirer    | CPQRC_PAYMENT <code>       |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION    |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00 |

      Examples: of a sale that is declined, and the app is told
        | amount     | code | text           |
        | HKD 0.00   | 13   | Invalid amount |
        | HKD 30.001 | 13   | Invalid amount |
        | JPY 30.5   | 13   | Invalid amount |

    Scenario Outline: What is no amount at all leaves no trace
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code
      And the till scans the code for <amount>
      Then the till is told 30 "Message format error: trxInfo.trxAmt"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message           |
        | App Gateway | SCIS        | QRC_GENERATION    |
        | SCIS        | App Gateway | QRC_GENERATION 00 |
        | Acquirer    | SCIS        | CPQRC_PAYMENT     |
        | SCIS        | Acquirer    | CPQRC_PAYMENT 30  |

      Examples:
        | amount    |
        | HKD -1.00 |
        | HKD 3e1   |

    Scenario Outline: Acquirers speak for their own shops and sales
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code
      And the till scans the code for HKD 30.00, and the acquirer names <claim>
      Then the till is told <code> "<text>"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | QRC_GENERATION       |
        | SCIS        | App Gateway | QRC_GENERATION 00    |
        | Acquirer    | SCIS        | CPQRC_PAYMENT        |
        | SCIS        | Acquirer    | CPQRC_PAYMENT <code> |

      Examples:
        | claim                      | code | text                                           |
        | a shop of another acquirer | 03   | Invalid merchant                               |
        | a sale of another acquirer | 12   | Invalid transaction                            |
        | no shop                    | 30   | Message format error: trxInfo.merchantInfo.mid |

    Scenario: One sale is settled once
      Given a cardholder with HKD 100.00 on the account
      When the app asks for 2 codes
      And the till scans the code for HKD 30.00
      And the till scans the second code for HKD 30.00 and takes the number of the sale before
      Then the till is told 94 "Duplicated transaction"
      And the app is notified that the payment was declined: 94 "Duplicated transaction"
      And the bank has booked HKD 30.00 once
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
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 94           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario Outline: What became of the card since the code was made
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code
      Given the card is <state>
      When the till scans the code for HKD 30.00
      Then the till is told <code> "<text>"
      And the app is notified that the payment was declined: <code> "<text>"
      And the bank has booked nothing
      And the messages were
        | from        | to          | message                    |
        | App Gateway | SCIS        | QRC_GENERATION             |
        | SCIS        | App Gateway | QRC_GENERATION 00          |
        | Acquirer    | SCIS        | CPQRC_PAYMENT              |
        | SCIS        | Acquirer    | CPQRC_PAYMENT <code>       |
        | SCIS        | App Gateway | TRX_RESULT_NOTIFICATION    |
        | App Gateway | SCIS        | TRX_RESULT_NOTIFICATION 00 |

      Examples:
        | state                    | code | text                   |
        | suspended by its holder  | 21   | Card status error      |
        | reported lost            | 41   | Lost card              |
        | reported stolen          | 43   | Stolen card            |
        | flagged for fraud        | 34   | Fraud card             |
        | restricted by its issuer | 62   | Restricted transaction |

  Rule: A coupon travels with the code

    Scenario: A coupon of HKD 10.00
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code with the coupon TENOFF
      And the till scans the code for HKD 60.00
      Then the till is told 00 "Approved"
      And the till sees HKD 60.00 less HKD 10.00 "10 off your purchase", HKD 50.00 paid
      And the bank has booked HKD 50.00 once
      And the app is notified that the payment was approved
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

    Scenario: A coupon that cannot be used is never passed over in silence, and the code stays good
      Given a cardholder with HKD 100.00 on the account
      When the app asks for a code with the coupon TENOFF
      And the till scans the code for HKD 49.99
      Then the till is told 12 "Invalid transaction"
      And the app is notified that the payment was declined: 12 "Invalid transaction"
      When the till scans the code for HKD 50.00
      Then the till is told 00 "Approved"
      And the bank has booked HKD 40.00 once
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | QRC_GENERATION             |
        | SCIS                | App Gateway         | QRC_GENERATION 00          |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 12           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
        | Acquirer            | SCIS                | CPQRC_PAYMENT              |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | Acquirer            | CPQRC_PAYMENT 00           |
        | SCIS                | App Gateway         | TRX_RESULT_NOTIFICATION    |
        | App Gateway         | SCIS                | TRX_RESULT_NOTIFICATION 00 |
