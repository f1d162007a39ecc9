// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Experiments.Reports;

/// <summary>How it is measured, and what the figures do not say: the same for each machine.</summary>
internal static class ReportMethod
{
    internal static ImmutableArray<string> Method { get; } =
    [
        "Servers are the distribution's binaries, each in a private folder on 127.0.0.1, not as root. What of them is ours: docs/lab.md. Every reply of the load is compared, to the byte.",
        "Load: open loop. Each request is due at its time whatever came before, and its latency counts from then (no coordinated omission). Where a server has long requests, one more connection asks for them.",
        "Latency: pairs of windows, one without patches and the next one with, each method in turn, in an order that the seed gives. Ratios are of all windows with patches to those before them; intervals by the bootstrap over pairs, since requests of one window are not independent.",
        "points, stack: the command line as users run it. global, barrier: the same, all threads at once. stop, probe: baselines in a process that stays, with jumps straight to the same new code; they do not pay for the start of a program, nor for making the patch.",
        "Overhead: each method applies and takes back in turn, with a random pause before each command. Where a thread stands is read from /proc before the command starts, without a stop.",
        "Endurance: the engine without a command around it, each hundredth cycle by the command line and audited.",
        "Restart: the same command line again, in the same folder, on the same port, as soon as the old process has ended by SIGTERM; connections of the load are made again as soon as somebody listens. In turn with patches, under the same load.",
    ];

    internal static ImmutableArray<string> Limits { get; } =
    [
        "Load generator and server share the machine's processors; what one gains the other loses. Quantiles beyond 99.9 % need processors of their own.",
        "Longest stops hold the wait for a processor: a thread cannot stop before it runs.",
        "A thread is seen to have migrated when it is next looked at, so that times of those that come by themselves are upper bounds.",
        "httpd runs as one process, without its parent. Node.js runs with a libuv that we compiled with a fix taken back; slapd and httpd with one such module each.",
        "Growth of memory is read from /proc; a server under load grows by itself, too.",
        "Figures of papers are not compared with: other machines, other versions.",
    ];
}
