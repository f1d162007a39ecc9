// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Lab.Experiments.Latencies;

namespace Wfpatch.Lab.Experiments.Reports;

/// <summary>One colour for each method in all pictures; eyes that do not tell red from green tell them apart (Okabe and Ito, Color Universal Design, 2002).</summary>
internal static class MethodColours
{
    internal const string Patch = "#fde2c4", Median = "#9aa3ad";

    internal static string Of(string method) => method switch
    {
        NoMethod.Of => "#4b5563",
        "points" => "#0072b2",
        "stack" => "#56b4e9",
        "global" => "#e69f00",
        "barrier" => "#d55e00",
        "stop" => "#cc79a7",
        "probe" => "#009e73",
        _ => "#000000",
    };
}
