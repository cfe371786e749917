#include "base/complaint.hpp"

#include <charconv>
#include <map>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace honeyswitch {
namespace {

constexpr std::size_t most_told = 20;  // a screen of them: who has more has one reason for many

/// Line and column of "conf/x.toml:12:9"; zeros where there are none.
std::pair<unsigned, unsigned> line_and_column(std::string_view place) {
    const auto number_after = [&](std::size_t colon) {
        unsigned number = 0;
        std::from_chars(place.data() + colon + 1, place.data() + place.size(), number);
        return number;
    };
    const auto second = place.rfind(':');
    if (second == std::string_view::npos || second == 0) return {};
    const auto first = place.rfind(':', second - 1);
    if (first == std::string_view::npos) return {};
    return {number_after(first), number_after(second)};
}

}  // namespace

std::string Complaint::sentence() const {
    return place.empty() ? reason : place + ": " + reason;
}

std::vector<std::string> Complaint::sentences() const {
    std::vector<std::string> told{sentence()};
    for (const Complaint& other : others) {
        if (told.size() == most_told) {
            told.push_back(fmt::format("and {} further errors", others.size() + 1 - most_told));
            break;
        }
        told.push_back(other.sentence());
    }
    return told;
}

std::string Complaint::message() const {
    return fmt::format("{}", fmt::join(sentences(), "\n"));
}

std::expected<void, Complaint> Complaints::result() const {
    if (found_.empty()) return {};
    Complaint all = found_.front();
    all.others.assign(found_.begin() + 1, found_.end());
    return std::unexpected(std::move(all));
}

/// What libstdc++'s stable sort is made of is deprecated, and clang says so: a multimap keeps the order of
/// equals.
void in_order_of_lines(std::vector<Complaint>& complaints) {
    std::multimap<std::pair<unsigned, unsigned>, Complaint> in_order;
    for (Complaint& complaint : complaints) {
        const auto place = line_and_column(complaint.place);
        in_order.emplace(place, std::move(complaint));
    }
    complaints.clear();
    for (auto& [place, complaint] : in_order) complaints.push_back(std::move(complaint));
}

std::expected<void, Complaint> Complaints::in_order_of_lines() {
    honeyswitch::in_order_of_lines(found_);
    return result();
}

}  // namespace honeyswitch
