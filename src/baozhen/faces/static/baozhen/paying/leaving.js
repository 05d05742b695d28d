// Go on to the channel by itself; the button stays for whoever comes back.
(() => {
  "use strict";
  const away = document.querySelector("[data-leave]");
  const bridge = document.querySelector("[data-bridge]");
  const seen = "left:" + window.location.pathname;
  if (away && !window.sessionStorage.getItem(seen)) {
    window.sessionStorage.setItem(seen, "1");
    if (away.tagName === "FORM") away.submit();
    else window.location.assign(away.href);
  }
  if (!bridge) return;
  const pay = () => {
    const told = bridge.dataset;
    window.WeixinJSBridge.invoke(
      "getBrandWCPayRequest",
      { appId: told.appid, timeStamp: told.timestamp, nonceStr: told.noncestr, package: told.package, signType: told.signtype, paySign: told.paysign },
      (answer) => { if (answer.err_msg === "get_brand_wcpay_request:ok") window.location.assign(told.next); },
    );
  };
  bridge.addEventListener("click", () => { if (window.WeixinJSBridge) pay(); });
  if (window.WeixinJSBridge) pay();
  else document.addEventListener("WeixinJSBridgeReady", pay, { once: true });
})();
