// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

internal static class ToolChecks
{
    /// <summary>A measurement of a command that failed measures nothing.</summary>
    /// <exception cref="InvalidOperationException">It is not done; the message says what it said.</exception>
    internal static ToolReport OrThrow(this ToolReport report) =>
        report.IsDone ? report : throw new InvalidOperationException($"{report.Command?.Command}: {report.Summary}");
}
