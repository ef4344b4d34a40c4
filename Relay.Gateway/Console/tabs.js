// The tabs of the connections: arrow keys move, Delete closes, as the ARIA pattern for tabs has it.

export class Tabs {
  #list;
  #panels;
  #items = [];
  #selected = null;
  #onChange;
  #onEmpty;

  constructor(list, panels, { onChange, onEmpty }) {
    this.#list = list;
    this.#panels = panels;
    this.#onChange = onChange;
    this.#onEmpty = onEmpty;
    list.addEventListener('keydown', event => this.#key(event));
    list.addEventListener('click', event => {
      const item = this.#items.find(each => each.tab.contains(event.target));
      if (item) this.select(item);
    });
  }

  get selected() {
    return this.#selected;
  }

  get length() {
    return this.#items.length;
  }

  add(item) {
    this.#items.push(item);
    this.#list.append(item.tab);
    this.#panels.append(item.element);
    this.#list.hidden = false;
    this.select(item);
  }

  select(item) {
    this.#selected = item;
    for (const each of this.#items) each.select(each === item);
    item?.tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    this.#onChange();
  }

  /** Removes a tab; its neighbour gets the focus, so that a keyboard user is not thrown to the top of the page. */
  remove(item) {
    const at = this.#items.indexOf(item);
    this.#items.splice(at, 1);
    item.remove();
    this.#list.hidden = this.#items.length === 0;
    const next = this.#items[Math.min(at, this.#items.length - 1)] ?? null;
    this.select(item === this.#selected ? next : this.#selected);
    if (this.#selected) this.#selected.tab.focus();
    else this.#onEmpty();
  }

  #key(event) {
    const at = this.#items.indexOf(this.#selected);
    const last = this.#items.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (event.key === 'Delete') {
      this.remove(this.#selected);
    } else if (to !== undefined) {
      this.select(this.#items[to]);
      this.#selected.tab.focus();
    } else {
      return;
    }
    event.preventDefault();
  }
}
