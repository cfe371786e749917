#include "base/declined.hpp"

#include <fmt/format.h>

namespace honeyswitch {

std::string Declined::text(std::string_view program) const {
    if (!shown.empty()) return shown;
    std::string lines;
    for (const auto& sentence : complaint.sentences()) lines += fmt::format("{}: {}\n", program, sentence);
    if (misuse) lines += fmt::format("Try {} --help.\n", program);
    return lines;
}

}  // namespace honeyswitch
