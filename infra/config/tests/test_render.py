from __future__ import annotations

import re
from typing import Any

import pytest
from jinja2 import Environment, UndefinedError, meta
from ruamel.yaml import YAML

from infra.config import FOLDER, plain, render
from infra.receiver import AlertReceiver

VALUES: dict[str, dict[str, Any]] = {
    "nginx.conf.j2": {
        "gateways": ["gateway-1", "gateway-2", "gateway-3"],
        "edge_name": "city.example",
        "https_port": 9443,
        "rtsps_port": 9322,
    },
    "prometheus.yml.j2": {
        "environment": "trial",
        "gateways": ["gateway-1", "gateway-2"],
        "fleet": ["fleet"],
        "nodes": {},
        "databases": ["database"],
        "https_port": 9443,
    },
    "alertmanager.yml.j2": {"receiver": AlertReceiver("https://alerts.example/", "hush", "a certificate")},
    "blackbox.yml.j2": {"edge_name": "city.example"},
}
EACH_VALUE = [(template, name) for template, values in VALUES.items() for name in values]


def document(template: str) -> Any:
    return YAML(typ="safe").load(render(template, **VALUES[template]))


def blocks(text: str, opening: str) -> list[str]:
    """Blocks of nginx's language that begin so, with their braces."""
    found = []
    for start in re.finditer(rf"^ *{opening}.*\{{(?=[^}}]*$)", text, re.MULTILINE):
        depth, at = 1, start.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        found.append(text[start.start() : at])
    return found


def test_every_template_is_tried_with_exactly_what_it_asks_for() -> None:
    assert sorted(VALUES) == sorted(file.name for file in FOLDER.glob("*.j2"))
    for template, values in VALUES.items():
        assert meta.find_undeclared_variables(Environment(autoescape=True).parse(plain(template))) == set(values)


@pytest.mark.parametrize(("template", "name"), EACH_VALUE)
def test_a_value_that_is_missing_is_an_error_and_no_gap(template: str, name: str) -> None:
    with pytest.raises(UndefinedError, match=f"'{name}' is undefined"):
        render(template, **{key: value for key, value in VALUES[template].items() if key != name})


@pytest.mark.parametrize("template", list(VALUES))
def test_nothing_of_the_template_is_left_and_the_last_line_ends(template: str) -> None:
    text = render(template, **VALUES[template])
    assert not re.search(r"\{\{|\{%|%\}", text)
    assert text.endswith("\n")


def test_the_edge_knows_every_gateway_for_playback_and_for_live_streams() -> None:
    text = render("nginx.conf.j2", **VALUES["nginx.conf.j2"])
    assert [line.split() for line in blocks(text, r"map \$gateway")[0].splitlines()[2:-1]] == [
        [f"gateway-{number}", f"gateway-{number}.service:9996;"] for number in (1, 2, 3)
    ]
    assert [line.split() for line in blocks(text, r"map \$ssl_server_name")[0].splitlines()[2:-1]] == [
        [f"gateway-{number}.city.example", f"gateway-{number}.service:8554;"] for number in (1, 2, 3)
    ]


def test_the_edge_listens_nowhere_without_tls() -> None:
    text = render("nginx.conf.j2", **VALUES["nginx.conf.j2"])
    listens = re.findall(r"listen (\d+)([^;]*);", text)
    assert {port for port, _ in listens} == {"9443", "9322"}
    assert all("ssl" in words.split() for _, words in listens)
    protocols = re.findall(r"ssl_protocols ([^;]*);", text)
    assert protocols == ["TLSv1.2 TLSv1.3"] * 2


def test_a_name_that_is_not_ours_gets_nothing() -> None:
    text = render("nginx.conf.j2", **VALUES["nginx.conf.j2"])
    (stranger,) = (block for block in blocks(text, "server") if "default_server" in block)
    assert "return 421;" in stranger
    assert "proxy_pass" not in stranger
    assert 'default "";' in blocks(text, r"map \$ssl_server_name")[0]


def test_only_the_operator_sees_prometheus_and_his_password_goes_no_further() -> None:
    text = render("nginx.conf.j2", **VALUES["nginx.conf.j2"])
    locations = blocks(text, "location")
    (prometheus,) = (block for block in locations if "prometheus.management" in block)
    assert "auth_basic_user_file /run/secrets/operator-htpasswd;" in prometheus
    assert 'proxy_set_header Authorization "";' in prometheus
    assert [block for block in locations if ".management" in block] == [prometheus]


def test_users_may_only_read() -> None:
    text = render("nginx.conf.j2", **VALUES["nginx.conf.j2"])
    passing = [block for block in blocks(text, "location") if "proxy_pass" in block]
    assert len(passing) == 2
    allowed = [re.findall(r"limit_except ([A-Z ]+) \{ deny all; \}", block) for block in passing]
    assert allowed == [["GET"], ["GET POST"]]


def test_what_users_watch_is_logged_nowhere() -> None:
    text = render("nginx.conf.j2", **VALUES["nginx.conf.j2"])
    assert re.findall(r"access_log ([^;]*);", text) == ["off"]


def jobs() -> dict[str, dict[str, Any]]:
    found = document("prometheus.yml.j2")["scrape_configs"]
    return {job["job_name"]: job for job in found}


def targets(job: dict[str, Any]) -> list[str]:
    return [target for each in job.get("static_configs", []) for target in each["targets"]]


def test_each_gateway_is_scraped_with_a_password_from_a_file() -> None:
    gateway = jobs()["gateway"]
    assert targets(gateway) == ["gateway-1.management:9998", "gateway-2.management:9998"]
    assert gateway["basic_auth"] == {"username": "prometheus", "password_file": "/run/secrets/prometheus-password"}
    assert [each["labels"] for each in gateway["static_configs"]] == [
        {"gateway": "gateway-1"},
        {"gateway": "gateway-2"},
    ]


def test_each_gateways_recordings_are_labelled_as_that_gateways() -> None:
    recorder = jobs()["recorder"]
    assert [(each["targets"], each["labels"]["gateway"]) for each in recorder["static_configs"]] == [
        (["recorder-metrics-1.management:9465"], "gateway-1"),
        (["recorder-metrics-2.management:9465"], "gateway-2"),
    ]


def test_nothing_is_scraped_over_a_network_that_users_are_on() -> None:
    open_ = [
        target
        for job in jobs().values()
        for target in targets(job)
        if job["job_name"] not in ("edge", "database")
        and not re.fullmatch(r"([a-z0-9-]+\.management|localhost):\d+", target)
    ]
    assert open_ == []
    lookups = [name for each in jobs()["node"]["dns_sd_configs"] for name in each["names"]]
    assert lookups == ["node-metrics.management"]


def test_each_module_of_the_probe_is_asked_for() -> None:
    asked = [job["params"]["module"] for job in jobs().values() if job.get("metrics_path") == "/probe"]
    assert sorted(asked) == sorted([module] for module in document("blackbox.yml.j2")["modules"])


def test_the_edge_is_asked_over_tls_by_the_probe() -> None:
    edge = jobs()["edge"]
    assert targets(edge) == ["https://edge.management:9443/health"]
    assert edge["params"]["module"] == ["edge_https"]
    asked = {rule["target_label"]: rule.get("replacement", "the target") for rule in edge["relabel_configs"]}
    assert asked == {"__param_target": "the target", "target": "the target", "__address__": "probe.management:9115"}


def test_the_probe_believes_only_our_authority_and_the_name_of_the_edge() -> None:
    http = document("blackbox.yml.j2")["modules"]["edge_https"]["http"]
    assert http["fail_if_not_ssl"] is True
    assert http["tls_config"] == {
        "ca_file": "/etc/prometheus/ca.crt",
        "server_name": "city.example",
        "min_version": "TLS12",
    }
    assert "insecure_skip_verify" not in str(http)


def test_no_secret_is_written_into_a_configuration() -> None:
    for template, values in VALUES.items():
        text = render(template, **values)
        assert re.findall(r"(?:password|secret|token|credentials): *\S+", text) == []
