"""What the system promises, point by point, each watched on the laboratory as it comes true. tools/demo prints what
was seen; tests/lab asserts it."""

from .arp_discovery import hosts_found_by_arp
from .containment import honeypot_is_contained
from .diversion import real_servers_and_honeypot
from .idle_timeout import sessions_expire
from .late_host import session_survives_new_host
from .lost_agent import lost_agent_and_return
from .scan import every_address_answers
from .vanished_host import host_goes_away

# In the order in which they are shown: each leaves the laboratory as the next expects it.
POINTS = (hosts_found_by_arp, real_servers_and_honeypot, every_address_answers, session_survives_new_host,
          host_goes_away, lost_agent_and_return, sessions_expire, honeypot_is_contained)
