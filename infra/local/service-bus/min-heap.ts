/** A binary heap: the least item first, in O(log n). Ties come out in no promised order, so `isBefore` should be total. */
export class MinHeap<Item> {
  readonly #items: Item[] = [];
  readonly #isBefore: (left: Item, right: Item) => boolean;

  constructor(isBefore: (left: Item, right: Item) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    this.#items.push(item);
    this.#siftUp(this.#items.length - 1);
  }

  pop(): Item | undefined {
    const least = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) {
      this.#items[0] = last;
      this.#siftDown(0);
    }
    return least;
  }

  #siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfBefore(index, parent)) return;
      index = parent;
    }
  }

  #siftDown(start: number): void {
    let index = start;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const least = this.#comesBefore(right, left) ? right : left;
      if (!this.#swapIfBefore(least, index)) return;
      index = least;
    }
  }

  #comesBefore(index: number, other: number): boolean {
    const item = this.#items[index];
    const otherItem = this.#items[other];
    return item !== undefined && otherItem !== undefined && this.#isBefore(item, otherItem);
  }

  #swapIfBefore(index: number, other: number): boolean {
    const item = this.#items[index];
    const otherItem = this.#items[other];
    if (item === undefined || otherItem === undefined || !this.#isBefore(item, otherItem)) return false;
    this.#items[index] = otherItem;
    this.#items[other] = item;
    return true;
  }
}
