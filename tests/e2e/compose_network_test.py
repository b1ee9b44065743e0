"""Networks of compose projects that are made anew under their containers, services in the namespaces of others, and the
order in which services go, on the real Engine."""

import pytest

from rig.processes import wait_until
from rig.site import manifest

SLEEPER = "tinyforge-test/sleeper:1"

SHOP = f"""
services:
  web:
    image: {SLEEPER}
    restart: always
    depends_on: [db]
    networks: {{front: {{}}, back: {{aliases: [shop]}}}}
  db:
    image: {SLEEPER}
    restart: always
    networks: {{back: {{ipv4_address: 10.88.0.9}}}}
  job:
    image: {SLEEPER}
    command: ["true"]
    networks: [back]
networks:
  front: {{}}
  back: {{ipam: {{config: [{{subnet: 10.88.0.0/24}}]}}}}
"""
MOVED = SHOP.replace("10.88.0.", "10.89.0.")

VPN = f"""
services:
  app:
    image: {SLEEPER}
    restart: always
    network_mode: "service:vpn"
  vpn:
    image: {SLEEPER}
    restart: always
    environment: {{EXIT: fr}}
"""


def project(text):
    return {"shop.yaml": manifest("Workload", "shop", {"source": {"compose": {"file": "compose.yaml"}},
                                                       "rollout": {"healthyAfter": "300ms"}}),
            "compose.yaml": text}


def endpoints(site, name):
    return site.engine.inspect(name)["NetworkSettings"]["Networks"]


def subnet(site):
    return site.engine.call("GET", "/networks/shop_back")["IPAM"]["Config"][0]["Subnet"]


def in_place(site):
    """The network is the new one, and everybody is on it under its names and addresses."""
    if not any(n["Name"] == "shop_back" for n in site.engine.call("GET", "/networks")):
        return False
    db, web = endpoints(site, "shop-db-1").get("shop_back"), endpoints(site, "shop-web-1").get("shop_back")
    return (subnet(site) == "10.89.0.0/24" and db is not None and web is not None
            and db["IPAddress"] == "10.89.0.9" and web["IPAddress"].startswith("10.89.0.") and "shop" in web["Aliases"]
            and "shop_front" in endpoints(site, "shop-web-1"))


def reaches(site, name, host):
    """It finds the other by name, and there it is."""
    address = endpoints(site, "shop-db-1")["shop_back"]["IPAddress"]
    return (address in site.engine.exec(name, "nslookup", host, "127.0.0.11")[1]
            and site.engine.exec(name, "ping", "-c1", "-W2", address)[0] == 0)


def test_a_changed_network_is_made_anew_and_nobody_is_restarted(site):
    site.up(project(SHOP), "shop")
    before = site.identity("shop-web-1", "shop-db-1", "shop-job-1")
    site.change({"compose.yaml": MOVED}, "shop")
    site.daemon.wait_for(lambda: in_place(site), "the new network")
    assert site.identity("shop-web-1", "shop-db-1", "shop-job-1") == before
    assert reaches(site, "shop-web-1", "db")
    assert "network shop_back differs" in site.daemon.tfctl("get", "events").out
    site.settle()
    site.engine.start("shop-job-1")  # one that is down has not lost its network either
    assert site.engine.inspect("shop-job-1")["State"]["ExitCode"] == 0


@pytest.mark.parametrize("call", range(1, 9))
def test_killed_before_any_call_of_the_change_the_next_one_ends_it(site, call):
    site.up(project(SHOP), "shop")
    before = site.identity("shop-web-1", "shop-db-1")
    seen = []

    def kills(request):
        if request.method != "GET" and "/networks" in request.path:
            seen.append(request.path)
        return len(seen) == call

    def kill(*_):
        site.daemon.kill9()
        return False

    site.proxy.intercepts, site.proxy.intercept = kills, kill
    site.repo.commit({"compose.yaml": MOVED})
    wait_until(lambda: not site.daemon.running() or in_place(site), 30, "the end")
    assert not site.daemon.running(), f"there are but {len(seen)} calls: {seen}"
    site.proxy.intercepts = lambda request: False
    site.daemon.start()
    site.daemon.wait_for(lambda: in_place(site), "the new network", 30)
    site.daemon.wait_ready("shop")
    assert site.identity("shop-web-1", "shop-db-1") == before
    assert reaches(site, "shop-web-1", "db")


def test_containers_of_others_are_named_and_nothing_is_touched(site):
    site.up(project(SHOP), "shop")
    site.engine.run("by-hand", SLEEPER, HostConfig={"NetworkMode": "shop_back"})
    site.settle()
    site.proxy.reset()
    site.repo.commit({"compose.yaml": MOVED})
    reason = lambda: (site.daemon.condition("shop") or {}).get("reason")
    site.daemon.wait_for(lambda: reason() == "NetworkInUse", "the conflict")
    assert "by-hand" in site.daemon.condition("shop")["message"]
    assert site.proxy.mutating() == []
    assert subnet(site) == "10.88.0.0/24"
    site.engine.remove("by-hand")
    site.daemon.tfctl("sync")
    site.daemon.wait_for(lambda: in_place(site), "the new network", 60)


def test_a_network_that_cannot_be_had_costs_one_try_and_says_why(site):
    site.up(project(SHOP), "shop")
    site.engine.call("POST", "/networks/create", {"Name": "theirs", "IPAM": {"Config": [{"Subnet": "10.89.0.0/24"}]}})
    try:
        site.repo.commit({"compose.yaml": MOVED})
        reason = lambda: (site.daemon.condition("shop") or {}).get("reason")
        site.daemon.wait_for(lambda: reason() == "NetworkRefused", "the refusal")
        assert subnet(site) == "10.88.0.0/24"
        address = lambda: endpoints(site, "shop-db-1").get("shop_back", {}).get("IPAddress", "")
        site.daemon.wait_for(lambda: address().startswith("10.88.0."), "db back on it")
        assert reaches(site, "shop-web-1", "db")
        site.settle()
    finally:
        site.engine.call("DELETE", "/networks/theirs")


def follows(site):
    return (site.engine.exists("shop-app-1") and site.engine.exists("shop-vpn-1")
            and site.engine.inspect("shop-app-1")["HostConfig"]["NetworkMode"]
            == "container:" + site.engine.inspect("shop-vpn-1")["Id"])


def test_who_shares_a_network_follows_its_next_container(site):
    site.up(project(VPN), "shop")
    assert follows(site)
    before = site.identity("shop-app-1", "shop-vpn-1")
    site.repo.commit({"compose.yaml": VPN.replace("EXIT: fr", "EXIT: ch")})
    site.daemon.wait_for(lambda: "EXIT=ch" in site.engine.inspect("shop-vpn-1")["Config"]["Env"], "the new vpn", 30)
    site.daemon.wait_for(lambda: follows(site), "app to follow", 30)
    site.daemon.wait_ready("shop")
    after = site.identity("shop-app-1", "shop-vpn-1")
    assert all(after[name] != before[name] for name in after)
    assert site.engine.inspect("shop-app-1")["Config"]["Labels"]["tinyforge.cause"] == "follows vpn"
    site.settle()
    assert len(site.containers("shop")) == 2
    assert site.engine.exec("shop-app-1", "readlink", "/proc/self/ns/net") == \
        site.engine.exec("shop-vpn-1", "readlink", "/proc/self/ns/net")


def test_who_shares_a_network_follows_a_restart(site):
    site.up(project(VPN), "shop")
    before = site.engine.inspect("shop-app-1")
    site.engine.call("POST", "/containers/shop-vpn-1/restart", t=0)

    def same_network():
        return site.engine.exec("shop-app-1", "readlink", "/proc/self/ns/net") == \
            site.engine.exec("shop-vpn-1", "readlink", "/proc/self/ns/net")

    def followed():
        now = site.engine.inspect("shop-app-1")
        return now["State"]["Running"] and now["State"]["StartedAt"] != before["State"]["StartedAt"] and same_network()
    site.daemon.wait_for(followed, "app to follow", 30)
    assert site.engine.inspect("shop-app-1")["Id"] == before["Id"]


def test_services_go_in_reverse_order_with_their_networks(site):
    site.up(project(SHOP), "shop")
    names = {container["Id"]: container["Name"] for container in site.containers("shop")}
    site.proxy.reset()
    head = site.repo.commit({}, rm=["shop.yaml", "compose.yaml"])
    site.daemon.wait_revision(head)
    site.daemon.tfctl("approve", "deletions", head)
    wait_until(lambda: not site.containers("shop"), 40, "the project to go")
    stops = [names[request.path.split("/")[2]] for request in site.proxy.requests()
             if request.method == "POST" and request.path.split("?")[0].endswith("/stop")]
    assert stops == ["/shop-web-1", "/shop-db-1"]
    networks = lambda: {n["Name"] for n in site.engine.call("GET", "/networks")}
    wait_until(lambda: not networks() & {"shop_front", "shop_back"}, 20, "the networks to go")


def test_a_service_that_can_only_be_built_says_so(site):
    text = """
services:
  web: {build: ./web, restart: always}
"""
    site.repo.commit(project(text))
    site.daemon.start()
    site.daemon.wait_for(lambda: "build" in (site.daemon.condition("shop") or {}).get("message", ""), "the condition")
    ready = site.daemon.condition("shop")
    for word in ("service web", "build: web", "shop-web:latest"):
        assert word in ready["message"], ready
    site.engine.tag(SLEEPER, "shop-web", "latest")
    site.daemon.wait_ready("shop")
