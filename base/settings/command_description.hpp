// A program tells what its command line takes, for those who write of it: completion of a shell, the manual.
#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace honeyswitch {

/// Adds --describe, which the help does not show: it prints everything that the help does show, as one JSON
/// document, and ends the program as --version does. tools/pages/README.md has the document's shape. `app`
/// must outlive the parse; what is added to it later is described too.
void add_description(CLI::App& app);

}  // namespace honeyswitch
