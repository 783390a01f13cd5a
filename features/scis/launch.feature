Feature: Steps to launch
  An institution comes to SCIS in four steps: it applies for a wallet id, it applies to access SCIS, its product is
  tested, and it does business. An operator takes each step with it, and is told what is still missing. Whoever is not
  live does not pay, and whoever is suspended is not even heard.

  Rule: How far an app has come says what it may do

    Scenario: The four steps of an app
      Given a cardholder with HKD 100.00 on the account
      And the app has applied
      When the cardholder pays HKD 30.00
      Then the app is turned away at the gate
      When an operator admits the app
      And the cardholder pays HKD 30.00
      Then the app is told 62 "Restricted transaction"
      When an operator launches the app and says who tested it
      And the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      And the bank has booked HKD 30.00 once
      And the record of the app says: launch, admit
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV E0       |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 62       |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: An app that is tested may ask, and may not pay
      Given a cardholder with HKD 100.00 on the account
      And the app is being tested
      When the cardholder pays HKD 30.00
      Then the app is told 62 "Restricted transaction"
      And the bank has booked nothing
      When the app asks what became of it
      Then it hears that the payment is DECLINED
      And the messages were
        | from        | to          | message               |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV     |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 62  |
        | App Gateway | SCIS        | TRX_RESULT_INQUIRY    |
        | SCIS        | App Gateway | TRX_RESULT_INQUIRY 00 |

    Scenario: A suspended app is not heard, and is tested again before it pays
      Given a cardholder with HKD 100.00 on the account
      When an operator suspends the app
      And the cardholder pays HKD 30.00
      Then the app is turned away at the gate
      When an operator resumes the app
      And the cardholder pays HKD 30.00
      Then the app is told 62 "Restricted transaction"
      And the record of the app says: resume, suspend
      And the bank has booked nothing
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV E0 |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 62 |

  Rule: What is missing is told, and nothing is let through before

    Scenario Outline: An app that is not ready stays in testing
      Given a cardholder with HKD 100.00 on the account
      And the app is being tested
      And <missing>
      When an operator launches the app and says who tested it
      Then the operator is told "<told>"
      When the cardholder pays HKD 30.00
      Then the app is told 62 "Restricted transaction"
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 62 |

      Examples:
        | missing                                   | told                                      |
        | the card's issuer never admitted this app | no issuer has authorised it for a product |
        | the app has left no address               | a base URL is needed                      |

    Scenario: Nobody goes live untested
      Given a cardholder with HKD 100.00 on the account
      And the app is being tested
      When an operator launches the app
      Then the operator is told "nobody has said who tested it, and when"
      When the cardholder pays HKD 30.00
      Then the app is told 62 "Restricted transaction"
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV 62 |

    Scenario: No step is left out
      Given a cardholder with HKD 100.00 on the account
      And the app has applied
      When an operator launches the app and says who tested it
      Then the operator is told "is APPLIED: no launch, only admit"
      When the cardholder pays HKD 30.00
      Then the app is turned away at the gate
      And the messages were
        | from        | to          | message              |
        | App Gateway | SCIS        | MPQRC_PAYMENT_EMV    |
        | SCIS        | App Gateway | MPQRC_PAYMENT_EMV E0 |

  Rule: The platform is for everywhere except mainland China

    Scenario Outline: Who is of mainland China is not even registered
      Given a cardholder with HKD 100.00 on the account
      When <applicant> of mainland China applies
      Then the operator is told "<applicant> of mainland China (country 156) cannot take part"
      And nobody new is registered
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
        | applicant      |
        | an app gateway |
        | an issuer      |
        | a channel      |
