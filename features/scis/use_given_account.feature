Feature: Issuing a virtual card, used given account
  Somebody who has an account at the bank wants a virtual card for it. The app names the account, or the number of a card
  on it; SCIS issues a card. By the issuer's wish the bank says first whether the account is this person's, and a
  one-time password proves that the person holds the phone that the bank knows.

  Each scenario ends with the messages that crossed, as the partners recorded them. A number behind a message
  is the code of an answer; a request that no answer follows stayed without one.

  Rule: Where the issuer wishes for nothing else, two messages make a card

    Scenario Outline: The chart
      Given a customer of the bank and of <app> with HKD 100.00 on the account
      When the app enrols the account
      Then the app is told 00 "Approved"
      And the applicant has a new card
      And the messages were
        | from        | to          | message            |
        | App Gateway | SCIS        | CARD_ENROLLMENT    |
        | SCIS        | App Gateway | CARD_ENROLLMENT 00 |

      Examples:
        | app            |
        | Harbour Wallet |
        | Peak Pay       |

    Scenario: The new card pays from the given account
      Given a customer of the bank with HKD 100.00 on the account
      When the app enrols the account
      And the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      And HKD 70.00 is left on the account
      And the bank has opened no account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | CARD_ENROLLMENT            |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 00         |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: By the number of a card, a second card for another phone
      Given a cardholder with HKD 100.00 on the account
      When the app enrols the card by its number on another phone
      Then the app is told 00 "Approved"
      And the applicant has a new card
      And it is another card than before
      When the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      And HKD 70.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | CARD_ENROLLMENT            |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 00         |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The same message again
      Given a customer of the bank with HKD 100.00 on the account
      When the app enrols the account
      And the app repeats its enrolment
      Then the app is told 00 "Approved"
      And it is the card that the app was given before
      And the messages were
        | from        | to          | message            |
        | App Gateway | SCIS        | CARD_ENROLLMENT    |
        | SCIS        | App Gateway | CARD_ENROLLMENT 00 |
        | App Gateway | SCIS        | CARD_ENROLLMENT    |
        | SCIS        | App Gateway | CARD_ENROLLMENT 00 |

    Scenario Outline: Something that nobody knows
      Given a customer of the bank with HKD 100.00 on the account
      When the app enrols <what>
      Then the app is told <code> "<text>"
      And the app has no card
      And the messages were
        | from        | to          | message                |
        | App Gateway | SCIS        | CARD_ENROLLMENT        |
        | SCIS        | App Gateway | CARD_ENROLLMENT <code> |

      Examples:
        | what                                        | code | text                   |
        | a card number that nobody has               | 14   | Invalid card number    |
        | the account for a product that nobody knows | 89   | Card profile not found |

    Scenario Outline: The issuer does not do this today, or not with this app
      Given a customer of the bank with HKD 100.00 on the account
      And the card's issuer <rule>
      When the app enrols the account
      Then the app is told <code> "<text>"
      And the messages were
        | from        | to          | message                |
        | App Gateway | SCIS        | CARD_ENROLLMENT        |
        | SCIS        | App Gateway | CARD_ENROLLMENT <code> |

      Examples:
        | rule                     | code | text                      |
        | is in its cut-off window | 90   | The system is in cut-off. |
        | never admitted this app  | 15   | No such issuer            |

    Scenario: The issuer has run out of card numbers
      Given a customer of the bank with HKD 100.00 on the account
      And the issuer has no card numbers left
      When the app enrols the account
      Then the app is told 08 "TSP error"
      And the app has no card
      When the issuer gets new card numbers
      And the app enrols the account
      Then the app is told 00 "Approved"
      And the messages were
        | from        | to          | message            |
        | App Gateway | SCIS        | CARD_ENROLLMENT    |
        | SCIS        | App Gateway | CARD_ENROLLMENT 08 |
        | App Gateway | SCIS        | CARD_ENROLLMENT    |
        | SCIS        | App Gateway | CARD_ENROLLMENT 00 |

  Rule: One card for a person, an account and a phone

    Scenario: Twice
      Given a customer of the bank with HKD 100.00 on the account
      When the app enrols the account
      And the app enrols the account
      Then the app is told 88 "Card already provisioned"
      And the app has no card
      When the app enrols the account on another phone
      Then the app is told 00 "Approved"
      And it is another card than before
      And the messages were
        | from        | to          | message            |
        | App Gateway | SCIS        | CARD_ENROLLMENT    |
        | SCIS        | App Gateway | CARD_ENROLLMENT 00 |
        | App Gateway | SCIS        | CARD_ENROLLMENT    |
        | SCIS        | App Gateway | CARD_ENROLLMENT 88 |
        | App Gateway | SCIS        | CARD_ENROLLMENT    |
        | SCIS        | App Gateway | CARD_ENROLLMENT 00 |

    Scenario: Again after the cardholder has deleted the card
      Given a customer of the bank with HKD 100.00 on the account
      When the app enrols the account
      And the cardholder deletes the card
      And the app enrols the account
      Then the app is told 00 "Approved"
      And the applicant has a new card
      And it is another card than before
      When the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | CARD_ENROLLMENT            |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 00         |
        | App Gateway         | SCIS                | CARD_STATUS_MANAGEMENT     |
        | SCIS                | App Gateway         | CARD_STATUS_MANAGEMENT 00  |
        | App Gateway         | SCIS                | CARD_ENROLLMENT            |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 00         |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: A card that was reported lost is not replaced by enrolling again
      Given a cardholder with HKD 100.00 on the account
      And the card is reported lost
      When the app enrols the card by its number
      Then the app is told 88 "Card already provisioned"
      And the messages were
        | from        | to          | message            |
        | App Gateway | SCIS        | CARD_ENROLLMENT    |
        | SCIS        | App Gateway | CARD_ENROLLMENT 88 |

  Rule: By the issuer's wish the bank says whose the account is

    Scenario: The account is this person's
      Given a customer of the bank with HKD 100.00 on the account
      And the product has the bank say whose the account is
      And the bank knows the account as this person's
      When the app enrols the account
      Then the app is told 00 "Approved"
      And the applicant has a new card
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 00  |

    Scenario: The account is somebody else's
      Given a customer of the bank with HKD 100.00 on the account
      And the product has the bank say whose the account is
      And the bank knows the account as somebody else's
      When the app enrols the account
      Then the app is told 05 "Cardholder verification fails."
      And the app has no card
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 05 |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 05  |

    Scenario: A card's number does not open the account of somebody else
      Given a cardholder with HKD 100.00 on the account
      And the product has the bank say whose the account is
      And the bank knows the account as somebody else's
      When the app enrols the card by its number on another phone
      Then the app is told 05 "Cardholder verification fails."
      And the app has no card
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 05 |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 05  |

    Scenario: There is no such account
      Given a customer of the bank with HKD 100.00 on the account
      And the product has the bank say whose the account is
      When the app enrols an account that does not exist
      Then the app is told 14 "Invalid card number"
      And the app has no card
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 14 |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 14  |

    Scenario: The bank does not answer
      Given a customer of the bank with HKD 100.00 on the account
      And the product has the bank say whose the account is
      And the bank does not answer who the applicant is
      When the app enrols the account
      Then the app is told 98 "Timeout"
      When the app enrols the account
      Then the app is told 00 "Approved"
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 98  |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 00  |

    Scenario: The bank cannot be reached
      Given a customer of the bank with HKD 100.00 on the account
      And the product has the bank say whose the account is
      And the bank cannot be reached
      When the app enrols the account
      Then the app is told 92 "Network error"
      And the app has no card
      And the messages were
        | from        | to          | message            |
        | App Gateway | SCIS        | CARD_ENROLLMENT    |
        | SCIS        | App Gateway | CARD_ENROLLMENT 92 |

    Scenario: Twice at the same moment
      Given a customer of the bank with HKD 100.00 on the account
      And the product has the bank say whose the account is
      When the app enrols the account twice at the same moment
      Then the earlier message is answered 88 "Card already provisioned"
      And the message meanwhile is answered 00 "Approved"
      When the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | CARD_ENROLLMENT            |
        | SCIS                | Core Banking System | KYC_VERIFICATION           |
        | App Gateway         | SCIS                | CARD_ENROLLMENT            |
        | SCIS                | Core Banking System | KYC_VERIFICATION           |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00        |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 00         |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00        |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 88         |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

  Rule: By the issuer's wish a one-time password comes first

    Scenario: The right password
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      When the app enrols the account
      Then the app is told 04 "Pending. Transaction result is unknown. Please check later."
      And the app hears the number of the enrolment
      When the app asks for a password
      Then the app is told 00 "Approved"
      And the cardholder is texted 6 digits, good for 300 seconds
      When the cardholder types in the password of the text message
      Then the app is told 00 "Approved"
      And the applicant has a new card
      When the app repeats its enrolment
      Then the app is told 00 "Approved"
      And it is the card that the app was given before
      When the cardholder pays HKD 30.00
      Then the app is told 00 "Approved"
      And HKD 70.00 is left on the account
      And the messages were
        | from                | to                  | message                    |
        | App Gateway         | SCIS                | CARD_ENROLLMENT            |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04         |
        | App Gateway         | SCIS                | OTP_REQUEST                |
        | SCIS                | Core Banking System | OTP_DELIVERY               |
        | Core Banking System | SCIS                | OTP_DELIVERY 00            |
        | SCIS                | App Gateway         | OTP_REQUEST 00             |
        | App Gateway         | SCIS                | OTP_VERIFICATION           |
        | SCIS                | App Gateway         | OTP_VERIFICATION 00        |
        | App Gateway         | SCIS                | CARD_ENROLLMENT            |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 00         |
        | App Gateway         | SCIS                | MPQRC_PAYMENT_EMV          |
        | SCIS                | Core Banking System | DEBIT_TRANSACTION          |
        | Core Banking System | SCIS                | DEBIT_TRANSACTION 00       |
        | SCIS                | App Gateway         | MPQRC_PAYMENT_EMV 00       |
        | SCIS                | Acquirer            | TRX_RESULT_NOTIFICATION    |
        | Acquirer            | SCIS                | TRX_RESULT_NOTIFICATION 00 |

    Scenario: The bank says whose the account is, and then a password
      Given a customer of the bank with HKD 100.00 on the account
      And the product has the bank say whose the account is, and wants a one-time password
      And the bank knows the account as this person's
      When the app enrols the account
      Then the app hears the number of the enrolment
      When the app asks for a password
      And the cardholder types in the password of the text message
      Then the app is told 00 "Approved"
      And the applicant has a new card
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 00 |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04  |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 00 |

    Scenario: The same messages again
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      When the app enrols the account
      And the app repeats its enrolment
      Then the app hears the number of the enrolment
      When the app asks for a password
      And the app repeats its request for a password
      Then the app is told 00 "Approved"
      And the cardholder has got 1 text messages
      When the cardholder types in the password of the text message
      And the app repeats its password
      Then the app is told 00 "Approved"
      And it is the card that the app was given before
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04  |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04  |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 00 |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 00 |

    Scenario: Wrong once
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      When the app enrols the account
      And the app asks for a password
      And the cardholder types in a wrong password
      Then the app is told 75 "Invalid OTP"
      And the app has no card
      When the cardholder types in the password of the text message
      Then the app is told 00 "Approved"
      And the applicant has a new card
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04  |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 75 |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 00 |

    Scenario: Wrong three times, and that is the end of this enrolment
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      When the app enrols the account
      And the app asks for a password
      And the cardholder types in a wrong password
      And the cardholder types in a wrong password
      Then the app is told 75 "Invalid OTP"
      When the cardholder types in a wrong password
      Then the app is told 32 "Exceed OTP max tries"
      When the cardholder types in the password of the text message
      Then the app is told 32 "Exceed OTP max tries"
      When the app asks for a password
      Then the app is told 32 "Exceed OTP max tries"
      When the app repeats its enrolment
      Then the app is told 32 "Exceed OTP max tries"
      And the app has no card
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04  |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 75 |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 75 |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 32 |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 32 |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | App Gateway         | OTP_REQUEST 32      |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 32  |

    Scenario: A new password does not bring new tries
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      When the app enrols the account
      And the app asks for a password
      And the cardholder types in a wrong password
      And the cardholder types in a wrong password
      And the app asks for a password
      And the cardholder types in a wrong password
      Then the app is told 32 "Exceed OTP max tries"
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04  |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 75 |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 75 |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 32 |

    Scenario: A new password takes the place of the one before
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      When the app enrols the account
      And the app asks for a password
      And the app asks for a password
      Then the cardholder has got 2 text messages
      When the cardholder types in the password of the first text message
      Then the app is told 75 "Invalid OTP"
      When the cardholder types in the password of the text message
      Then the app is told 00 "Approved"
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04  |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 75 |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 00 |

    Scenario: Nobody is sent more than five passwords
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      When the app enrols the account
      And the app asks for a password
      And the app asks for a password
      And the app asks for a password
      And the app asks for a password
      And the app asks for a password
      Then the app is told 00 "Approved"
      When the app asks for a password
      Then the app is told 32 "Exceed OTP max tries"
      And the cardholder has got 5 text messages
      And the messages were
        | from                | to                  | message            |
        | App Gateway         | SCIS                | CARD_ENROLLMENT    |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04 |
        | App Gateway         | SCIS                | OTP_REQUEST        |
        | SCIS                | Core Banking System | OTP_DELIVERY       |
        | Core Banking System | SCIS                | OTP_DELIVERY 00    |
        | SCIS                | App Gateway         | OTP_REQUEST 00     |
        | App Gateway         | SCIS                | OTP_REQUEST        |
        | SCIS                | Core Banking System | OTP_DELIVERY       |
        | Core Banking System | SCIS                | OTP_DELIVERY 00    |
        | SCIS                | App Gateway         | OTP_REQUEST 00     |
        | App Gateway         | SCIS                | OTP_REQUEST        |
        | SCIS                | Core Banking System | OTP_DELIVERY       |
        | Core Banking System | SCIS                | OTP_DELIVERY 00    |
        | SCIS                | App Gateway         | OTP_REQUEST 00     |
        | App Gateway         | SCIS                | OTP_REQUEST        |
        | SCIS                | Core Banking System | OTP_DELIVERY       |
        | Core Banking System | SCIS                | OTP_DELIVERY 00    |
        | SCIS                | App Gateway         | OTP_REQUEST 00     |
        | App Gateway         | SCIS                | OTP_REQUEST        |
        | SCIS                | Core Banking System | OTP_DELIVERY       |
        | Core Banking System | SCIS                | OTP_DELIVERY 00    |
        | SCIS                | App Gateway         | OTP_REQUEST 00     |
        | App Gateway         | SCIS                | OTP_REQUEST        |
        | SCIS                | App Gateway         | OTP_REQUEST 32     |

    Scenario: A password is good for five minutes
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      When the app enrols the account
      And the app asks for a password
      And 5 minutes pass
      And the cardholder types in the password of the text message
      Then the app is told 74 "OTP expired"
      And the app has no card
      When the app asks for a password
      And the cardholder types in the password of the text message
      Then the app is told 00 "Approved"
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04  |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 74 |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 00 |

    Scenario: No password was asked for
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      When the app enrols the account
      And the cardholder types in a wrong password
      Then the app is told 76 "OTP not found"
      And the app has no card
      And the messages were
        | from        | to          | message             |
        | App Gateway | SCIS        | CARD_ENROLLMENT     |
        | SCIS        | App Gateway | CARD_ENROLLMENT 04  |
        | App Gateway | SCIS        | OTP_VERIFICATION    |
        | SCIS        | App Gateway | OTP_VERIFICATION 76 |

    Scenario: The password has been used
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      When the app enrols the account
      And the app asks for a password
      And the cardholder types in the password of the text message
      Then the app is told 00 "Approved"
      When the cardholder types in the password of the text message
      Then the app is told 76 "OTP not found"
      And the app has no card
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04  |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 00 |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 76 |

    Scenario: The bank knows no mobile number
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      And the bank knows the account without a mobile number
      When the app enrols the account
      And the app asks for a password
      Then the app is told 77 "IDV not set"
      And the cardholder has got 0 text messages
      And the messages were
        | from                | to                  | message            |
        | App Gateway         | SCIS                | CARD_ENROLLMENT    |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04 |
        | App Gateway         | SCIS                | OTP_REQUEST        |
        | SCIS                | Core Banking System | OTP_DELIVERY       |
        | Core Banking System | SCIS                | OTP_DELIVERY 25    |
        | SCIS                | App Gateway         | OTP_REQUEST 77     |

    Scenario: The bank cannot be reached for the text message
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      And the bank cannot be reached
      When the app enrols the account
      And the app asks for a password
      Then the app is told 92 "Network error"
      When the bank can be reached again
      And the app asks for a password
      And the cardholder types in the password of the text message
      Then the app is told 00 "Approved"
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04  |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | App Gateway         | OTP_REQUEST 92      |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 00 |

    Scenario Outline: An enrolment that is not there for whoever asks
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      When the app enrols the account
      And the app asks for a password <whose>
      Then the app is told 73 "Enrollment not found"
      When the app asks for a password
      Then the app is told 00 "Approved"
      When the cardholder types in the password <whose>
      Then the app is told 73 "Enrollment not found"
      And the app has no card
      And the cardholder has got 1 text messages
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04  |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | App Gateway         | OTP_REQUEST 73      |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 73 |

      Examples:
        | whose                             |
        | for an enrolment that never was   |
        | for the enrolment of another user |
        | for an enrolment on another phone |

    Scenario: A password where none is wanted
      Given a customer of the bank with HKD 100.00 on the account
      When the app enrols the account
      And the app asks for a password
      Then the app is told 93 "Invalid enroll state"
      And the cardholder has got 0 text messages
      And the messages were
        | from        | to          | message            |
        | App Gateway | SCIS        | CARD_ENROLLMENT    |
        | SCIS        | App Gateway | CARD_ENROLLMENT 00 |
        | App Gateway | SCIS        | OTP_REQUEST        |
        | SCIS        | App Gateway | OTP_REQUEST 93     |

    Scenario: A password after the enrolment was refused
      Given a customer of the bank with HKD 100.00 on the account
      And the product has the bank say whose the account is, and wants a one-time password
      And the bank knows the account as somebody else's
      When the app enrols the account
      Then the app is told 05 "Cardholder verification fails."
      When the app asks for a password
      Then the app is told 93 "Invalid enroll state"
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | Core Banking System | KYC_VERIFICATION    |
        | Core Banking System | SCIS                | KYC_VERIFICATION 05 |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 05  |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | App Gateway         | OTP_REQUEST 93      |

    Scenario: An enrolment waits for half an hour
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      When the app enrols the account
      And the app asks for a password
      And 31 minutes pass
      And the cardholder types in the password of the text message
      Then the app is told 95 "Enrolment timed out"
      When the app asks for a password
      Then the app is told 95 "Enrolment timed out"
      When the app repeats its enrolment
      Then the app is told 95 "Enrolment timed out"
      And the app has no card
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04  |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 95 |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | App Gateway         | OTP_REQUEST 95      |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 95  |

    Scenario: Two enrolments wait at the same time, and one card comes of them
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      When the app enrols the account
      And the app asks for a password
      And the app enrols the account
      Then the app hears the number of the enrolment
      When the app asks for a password
      And the cardholder types in the password of the text message
      Then the app is told 00 "Approved"
      When the cardholder types in the first enrolment's password for the first enrolment
      Then the app is told 88 "Card already provisioned"
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04  |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04  |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 00 |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 88 |

    Scenario: The issuer has run out of card numbers, and the password stays good
      Given a customer of the bank with HKD 100.00 on the account
      And the product wants a one-time password
      And the issuer has no card numbers left
      When the app enrols the account
      And the app asks for a password
      And the cardholder types in the password of the text message
      Then the app is told 08 "TSP error"
      When the issuer gets new card numbers
      And the cardholder types in the password of the text message
      Then the app is told 00 "Approved"
      And the applicant has a new card
      And the messages were
        | from                | to                  | message             |
        | App Gateway         | SCIS                | CARD_ENROLLMENT     |
        | SCIS                | App Gateway         | CARD_ENROLLMENT 04  |
        | App Gateway         | SCIS                | OTP_REQUEST         |
        | SCIS                | Core Banking System | OTP_DELIVERY        |
        | Core Banking System | SCIS                | OTP_DELIVERY 00     |
        | SCIS                | App Gateway         | OTP_REQUEST 00      |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 08 |
        | App Gateway         | SCIS                | OTP_VERIFICATION    |
        | SCIS                | App Gateway         | OTP_VERIFICATION 00 |
