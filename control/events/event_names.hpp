// What the numbers in events are called. Events carry numbers, as a name costs time with each session that
// begins; they become names when an event is written down.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace honeyswitch::control {

/// The number of a honeypot, which stays its own over reloads.
struct HoneypotNumber {
    std::uint8_t value = 0;
    friend bool operator==(HoneypotNumber, HoneypotNumber) = default;
};
/// The number of a pool, likewise.
struct PoolNumber {
    std::uint8_t value = 0;
    friend bool operator==(PoolNumber, PoolNumber) = default;
};
/// The number of a list of sources, likewise.
struct ListNumber {
    std::uint8_t value = 0;
    friend bool operator==(ListNumber, ListNumber) = default;
};
/// The number of a link, which only a restart changes. It has a name only where there are several.
struct LinkNumber {
    std::uint8_t value = 0;
    friend bool operator==(LinkNumber, LinkNumber) = default;
};
/// Index of a rule in the configuration.
struct RuleNumber {
    std::uint32_t value = 0;
    friend bool operator==(RuleNumber, RuleNumber) = default;
};
/// Who says that an address is in use, or a domain swept: a Voucher of the address book (an AgentId, or one
/// of its three other values).
struct VoucherNumber {
    std::uint32_t value = 0;
    friend bool operator==(VoucherNumber, VoucherNumber) = default;
};

/// Of one configuration. What has no name is written as an empty one.
struct EventNames {
    std::vector<std::string> honeypots, pools, lists, links, rules;  ///< by their numbers
    std::map<std::uint32_t, std::string> vouchers;  ///< "agent:east", "sighting", "static", "subnet"

    [[nodiscard]] const std::string& of(HoneypotNumber number) const { return at(honeypots, number.value); }
    [[nodiscard]] const std::string& of(PoolNumber number) const { return at(pools, number.value); }
    [[nodiscard]] const std::string& of(ListNumber number) const { return at(lists, number.value); }
    [[nodiscard]] const std::string& of(LinkNumber number) const { return at(links, number.value); }
    [[nodiscard]] const std::string& of(RuleNumber number) const { return at(rules, number.value); }
    [[nodiscard]] const std::string& of(VoucherNumber number) const {
        const auto place = vouchers.find(number.value);
        return place == vouchers.end() ? nobody() : place->second;
    }

    friend bool operator==(const EventNames&, const EventNames&) = default;

  private:
    [[nodiscard]] static const std::string& nobody() {
        static const std::string empty;
        return empty;
    }
    [[nodiscard]] static const std::string& at(const std::vector<std::string>& names, std::size_t index) {
        return index < names.size() ? names[index] : nobody();
    }
};

}  // namespace honeyswitch::control
