/* Menus (<details data-menu>): one open at a time, Escape and a click outside close, arrows move. The phone's drawer. */
(() => {
  "use strict";
  const close = (menu, focus) => {
    menu.open = false;
    if (focus) menu.querySelector("summary").focus();
  };
  const openMenus = () => document.querySelectorAll("details[data-menu][open]");

  document.addEventListener("click", (event) => {
    openMenus().forEach((menu) => menu.contains(event.target) || close(menu));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      openMenus().forEach((menu) => close(menu, true));
      document.body.classList.remove("drawer-open");
    }
  });

  erp.behaviour("details[data-menu]", (menu) => {
    menu.addEventListener("toggle", () => {
      if (menu.open) openMenus().forEach((other) => other !== menu && !other.contains(menu) && close(other));
    });
    menu.addEventListener("keydown", (event) => {
      if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
      const items = [...menu.querySelectorAll(".menu-item")];
      if (!items.length) return;
      event.preventDefault();
      menu.open = true;
      const step = event.key === "ArrowDown" ? 1 : -1;
      const at = items.indexOf(document.activeElement);
      items[(at + step + items.length) % items.length].focus();
    });
    menu.addEventListener("click", (event) => {
      if (event.target.closest(".menu-item[data-dialog], a.menu-item")) close(menu);
      if (event.target.closest("[aria-disabled='true']")) event.preventDefault();
    });
  });

  erp.behaviour("[data-drawer-open]", (link) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      document.body.classList.add("drawer-open");
      const first = document.querySelector("#sidebar .sidenav-link");
      if (first) first.focus();
    });
  });
  erp.behaviour("[data-drawer-close]", (shade) => {
    shade.addEventListener("click", (event) => {
      event.preventDefault();
      document.body.classList.remove("drawer-open");
    });
  });
})();
