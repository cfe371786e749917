#include "agent/config/options_draft.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "agent/explore/sweep.hpp"

namespace honeyswitch::agent {
namespace {

/// Complaints about one domain.
class DomainCheck {
  public:
    DomainCheck(const OptionsDraft& draft, std::size_t index, Complaints& complaints)
        : draft_(draft),
          spec_(draft.options.domains[index]),
          value_(domain_value(index)),
          complaints_(complaints) {}

    void run() {
        if (spec_.options.interface.empty())
            complaints_.add({draft_.place_of(value_.substr(0, value_.size() - 1)),
                             "[[domain]]: interface is missing; write interface = \"NAME\""});
        if (spec_.options.vlan && !spec_.prefix)
            complain("vlan", "prefix is missing, and a VLAN has no address here to take it from");
        if (spec_.prefix) check_addresses(*spec_.prefix);
        check_macs();
    }

  private:
    void check_addresses(Ipv4Prefix prefix) {
        const auto& sender = spec_.options.sender;
        if (sender && !Sweep::is_usable(prefix, *sender))
            complain("sender", fmt::format("the sender {} is no host's address of {}", to_string(*sender),
                                           to_string(prefix)));
        const auto check = [&](std::string_view key, const std::vector<Ipv4Address>& addresses) {
            for (std::size_t i = 0; i < addresses.size(); ++i)
                if (!prefix.contains(addresses[i]))
                    complain(fmt::format("{}[{}]", key, i),
                             fmt::format("{} is not in {}", to_string(addresses[i]), to_string(prefix)));
        };
        check("always", spec_.options.always);
        check("gateway", spec_.gateways);
    }

    void check_macs() {
        const auto& [limit, allowed, ignored] = spec_.options.proxy;
        for (std::size_t i = 0; i < ignored.size(); ++i)
            if (std::ranges::find(allowed, ignored[i]) != allowed.end())
                complain(fmt::format("proxy.ignored[{}]", i),
                         fmt::format("{} is both allowed and ignored", to_string(ignored[i])));
    }

    void complain(std::string_view key, std::string reason) {
        complaints_.add({draft_.place_of(value_ + std::string(key)), std::move(reason)});
    }

    const OptionsDraft& draft_;
    const DomainSpec& spec_;
    std::string value_;
    Complaints& complaints_;
};

}  // namespace

std::string domain_value(std::size_t index) {
    return fmt::format("[[domain]][{}].", index);
}

std::expected<void, Complaint> check_domains(const OptionsDraft& draft) {
    Complaints complaints;
    for (std::size_t i = 0; i < draft.options.domains.size(); ++i) DomainCheck(draft, i, complaints).run();
    return complaints.result();
}

}  // namespace honeyswitch::agent
