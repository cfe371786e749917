#include "control/config/config_references.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/nearest_name.hpp"

namespace honeyswitch::control {
namespace {

/// What can be referred to.
struct Names {
    std::vector<std::string_view> pools, lists, honeypot_ports;

    explicit Names(const Config& config) {
        for (const auto& pool : config.pools) pools.push_back(pool.name);
        for (const auto& list : config.lists) lists.push_back(list.name);
        for (const auto& port : config.honeypot_ports) honeypot_ports.push_back(port.text);
    }
    [[nodiscard]] const std::vector<std::string_view>& of(Reference::To kind) const {
        switch (kind) {
            case Reference::To::pool:
                return pools;
            case Reference::To::list:
                return lists;
            case Reference::To::honeypot_port:
                break;
        }
        return honeypot_ports;
    }
};

std::string unknown(const Reference& reference, std::span<const std::string_view> known) {
    const auto suggestion = suggest_name(reference.name, known);
    if (reference.to == Reference::To::honeypot_port)
        return fmt::format("{}: port '{}' is not one of the honeypot ports ({}){}", reference.title,
                           reference.name, fmt::join(known, ", "), suggestion);
    return fmt::format("{}: there is no {} '{}'{}", reference.title,
                       reference.to == Reference::To::pool ? "pool" : "list", reference.name, suggestion);
}

}  // namespace

std::expected<void, Complaint> resolve_references(ConfigDraft& draft) {
    if (draft.config.pools.empty()) draft.config.pools.push_back({.name = "default"});
    // The names are views into the configuration, whose records keep their place from here on.
    const Names names(draft.config);
    Complaints errors;
    for (const auto& reference : draft.references) {
        const auto& known = names.of(reference.to);
        const auto found = std::ranges::find(known, reference.name);
        if (found == known.end())
            errors.add({draft.place_of(reference.value), unknown(reference, known)});
        else
            reference.set(draft.config, static_cast<std::size_t>(found - known.begin()));
    }
    draft.references.clear();
    return errors.result();
}

}  // namespace honeyswitch::control
