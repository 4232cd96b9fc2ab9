// What a person finds on a page by what it is called: returns where it is, or a problem in words.
((question) => {
  const tidy = (text) => text.replace(/\s+/g, " ").trim();
  const called = (element, without) => {
    const copy = element.cloneNode(true);
    for (const part of copy.querySelectorAll(without)) part.remove();
    return tidy(element.getAttribute("aria-label") || copy.textContent);
  };
  const shown = (element) => {
    const style = getComputedStyle(element);
    return element.getClientRects().length > 0 && style.visibility !== "hidden" && style.display !== "none";
  };
  // The smallest part of the page that holds both is meant.
  const beside = (all) => {
    if (!question.within) return all;
    for (const parts of ["label", "li", "tr", "form", "article", "dialog", "section"]) {
      const some = all.filter((e) => tidy(e.closest(parts)?.textContent ?? "").includes(question.within));
      if (some.length > 0) return some;
    }
    return [];
  };
  const of = {
    press: () => [...document.querySelectorAll("a[href], button, summary")].filter((e) => called(e, "[aria-hidden]") === question.name),
    tick: () => [...document.querySelectorAll("label.check")].filter((e) => called(e, "small") === question.name),
    fill: () => [...document.querySelectorAll("label[for]")].filter((e) => called(e, "small") === question.name)
      .map((e) => document.getElementById(e.htmlFor)).filter((e) => e),
  };
  const all = of[question.kind]();
  const found = beside(all.filter(shown));
  if (found.length === 0) {
    const why = all.length === 0 ? "there is none" : "none of the " + all.length + " can be seen there";
    return { problem: why };
  }
  const element = found[0];
  element.scrollIntoView({ block: "center", behavior: "instant" });
  const box = element.getClientRects()[0];
  const x = box.left + Math.min(box.width / 2, 40), y = box.top + box.height / 2;
  const top = document.elementFromPoint(x, y);
  if (!top || !(element.contains(top) || top.contains(element))) return { problem: "something lies over it" };
  if (element.disabled) return { problem: "it is disabled" };
  return { x, y, problem: "" };
})
