"""The parts of the pages. Markup is Python; what needs the browser (dragging, dialogs, clocks) is in the .jsx beside."""
