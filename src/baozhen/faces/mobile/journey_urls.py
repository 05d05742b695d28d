"""Addresses of a person's way from a quote to a policy in hand, which site/urls.py puts under /m/.

Each room of the journey has its own line; names are global to the journey: `journey:mine`.
"""

from django.urls import path

from baozhen.faces.mobile import holders
from baozhen.faces.mobile.applying import (
    ending,
    filling,
    linking,
    photographing,
    progress,
    renewing,
    start,
)
from baozhen.faces.mobile.claiming import urls as claiming
from baozhen.faces.mobile.disclosing import reading as disclosing
from baozhen.faces.mobile.disclosing import signing
from baozhen.faces.mobile.endorsing import urls as endorsing
from baozhen.faces.mobile.paying import cashier, outcome, pay
from baozhen.faces.mobile.wallet import urls as wallet

app_name = "journey"

urlpatterns = [
    # --- who is here ---
    path("sign-in", holders.sign_in, name="sign_in"),
    path("sign-in/code", holders.sign_in_code, name="sign_in_code"),
    path("sign-out", holders.sign_out, name="sign_out"),
    # --- 投保 applying ---
    path("apply", start.start, name="start"),
    path("apply/choose", start.choose, name="choose"),
    path("apply/<str:number>", filling.resume, name="resume"),
    path("apply/<str:number>/leave", ending.leave, name="leave"),
    path("apply/<str:number>/anew", ending.anew, name="anew"),
    path("apply/<str:number>/offer", ending.offer, name="offer"),
    path("apply/<str:number>/photo", photographing.photo, name="photo"),
    path("apply/<str:number>/<str:name>", filling.step, name="step"),
    path("renew/<str:number>", renewing.renew, name="renew"),
    path("mine", progress.mine, name="mine"),
    path("mine/<str:number>", progress.progress, name="progress"),
    path("mine/<str:number>/state", progress.state, name="progress_state"),
    path("r/<str:token>", linking.open_link, name="reading_link"),
    # --- 阅读与签名 reading and signing ---
    path("read/<str:number>", disclosing.reading, name="reading"),
    path("read/<str:number>/<int:position>", disclosing.read_item, name="reading_item"),
    path(
        "read/<str:number>/<int:position>/progress",
        disclosing.progress,
        name="reading_progress",
    ),
    path("read/<str:number>/<int:position>.pdf", disclosing.item_file, name="reading_file"),
    path("read/<str:number>/declare", disclosing.declaring, name="declaring"),
    path("read/<str:number>/sign", signing.sign, name="signing"),
    path("read/<str:number>/confirm", signing.consent, name="signing_consent"),
    path("read/<str:number>/done", signing.done, name="signing_done"),
    path("read/<str:number>/state", signing.state, name="signing_state"),
    path("code/<str:number>", signing.code, name="code"),
    # --- 缴费 paying ---
    path("pay/<str:number>", pay.paying, name="paying"),
    path("pay/<str:number>/payer", pay.payer, name="payer"),
    path("pay/<str:number>/leave", pay.leaving, name="paying_leave"),
    path("pay/<str:number>/wait", outcome.waiting, name="paying_wait"),
    path("pay/<str:number>/state", outcome.state, name="paying_state"),
    path("pay/<str:number>/refused", outcome.refused, name="paying_refused"),
    path("pay/<str:number>/paid", outcome.paid, name="paid"),
    path("pay/<str:number>/paid/<str:file_no>.pdf", outcome.document, name="paid_file"),
    path("cashier/<str:channel>/<str:attempt_no>", cashier.cashier, name="cashier"),
    # --- 保单 policies, endorsements, claims ---
    *wallet.URLS,
    *endorsing.URLS,
    *claiming.URLS,
]
