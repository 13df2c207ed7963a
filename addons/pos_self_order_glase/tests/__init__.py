from . import test_kiosk, test_kiosk_attack, test_kiosk_porting, test_kiosk_till, test_kiosk_words
