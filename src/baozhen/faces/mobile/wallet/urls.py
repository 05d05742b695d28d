"""Addresses of the wallet, under /m/."""

from django.urls import path

from baozhen.faces.mobile.wallet import policies, wechat

URLS = [
    path("wechat/enter", wechat.enter, name="wechat_enter"),
    path("wechat/back", wechat.back, name="wechat_back"),
    path("wechat/bind", wechat.binding, name="wechat_bind"),
    path("wechat/release", wechat.unbind, name="wechat_release"),
    path("policies", policies.policies, name="policies"),
    path("policies/<str:number>", policies.policy, name="policy"),
    path("policies/<str:number>/files/<str:kind>", policies.file, name="policy_file"),
    path("policies/<str:number>/invoice.<str:form>", policies.invoice, name="invoice"),
    path("policies/<str:number>/receipt", policies.sign_receipt, name="sign_receipt"),
]
