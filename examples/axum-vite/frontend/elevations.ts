/** Returns the elevations in the table, in the order of the table. */
export function elevations(): number[] {
    const cells = document.querySelectorAll<HTMLElement>("[data-elevation]");
    return [...cells].map((cell) => Number(cell.dataset.elevation));
}
