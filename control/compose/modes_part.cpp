#include "control/compose/modes_part.hpp"

namespace honeyswitch::control {

dataplane::ModeSettings mode_settings(const Config& config, const Numbers& numbers) {
    const bool one_alone = numbers.honeypots.size() == 1 && numbers.honeypots.front() == 0;
    const ReplyCaps& caps = config.reply_caps;
    using dataplane::Diverting;
    const bool observe = config.diversion == DiversionMode::observe;
    return {.diverting = observe ? Diverting::nothing : Diverting::all,
            .divert_backscatter = config.backscatter == Backscatter::honeypot,
            .open_containment = config.containment == Containment::open,
            .limited_containment = config.containment == Containment::limited,
            .several_honeypots = !one_alone,
            .outlive_ms = static_cast<std::uint32_t>(config.outlive_timeout.count()),
            .reply_rates = {.packets_per_source = caps.packets_per_source,
                            .bytes_per_source = caps.bytes_per_source,
                            .packets_per_honeypot = caps.packets_per_honeypot,
                            .bytes_per_honeypot = caps.bytes_per_honeypot}};
}

}  // namespace honeyswitch::control
