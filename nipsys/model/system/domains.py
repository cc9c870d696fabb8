"""Domains: variants with a predefined meaning and exactly one value, which a package can set as ``graphics="wayland"``."""

from collections.abc import Mapping

DOMAINS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "graphics": {
        "wayland": {"wayland": "on", "X": "off"},
        "x11": {"X": "on", "wayland": "off"},
        "both": {"X": "on", "wayland": "on"},
        "none": {"X": "off", "wayland": "off", "gui": "off", "gtk": "off"},
    },
    "audio": {
        "pipewire": {"pipewire": "on", "pulseaudio": "off"},
        "pulseaudio": {"pulseaudio": "on", "pipewire": "off"},
        "alsa": {"alsa": "on", "pulseaudio": "off", "pipewire": "off"},
        "none": {"alsa": "off", "pulseaudio": "off", "pipewire": "off"},
    },
    "init": {
        "systemd": {"systemd": "on", "elogind": "off"},
        "openrc": {"systemd": "off", "elogind": "on"},
        "none": {"systemd": "off", "elogind": "off"},
    },
    "network": {
        "networkmanager": {"networkmanager": "on", "iwd": "off"},
        "iwd": {"iwd": "on", "networkmanager": "off"},
        "none": {"networkmanager": "off", "iwd": "off"},
    },
    "security": {
        "hardened": {"hardened": "on", "selinux": "off"},
        "selinux": {"selinux": "on", "hardened": "on"},
        "none": {"hardened": "off", "selinux": "off"},
    },
    "optimization": {
        "lto": {"lto": "on"},
        "pgo": {"pgo": "on"},
        "lto+pgo": {"lto": "on", "pgo": "on"},
        "none": {"lto": "off", "pgo": "off"},
    },
    "libc": {},
    "toolchain": {},
}
"""By domain and value, the flags it means for packages that do not know the domain."""
