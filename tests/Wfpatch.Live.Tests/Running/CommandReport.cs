// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.Running;

/// <summary>What a command of the command line printed and how it ended.</summary>
/// <param name="Result">The word in the document; it says the same as the exit code.</param>
/// <param name="Codes">The codes of the refusals.</param>
public sealed record CommandReport(CommandResult Command, JsonElement Document, string Result, ImmutableArray<string> Codes)
{
    private static readonly ImmutableArray<string> Words = ["done", "refused", "usage", "pending", "gone", "denied", "canary", "unchanged"];

    public static CommandReport Of(CommandResult command)
    {
        Assert.True(command.Output.Length > 0, $"{command.Command}: {command.Status}, no document\n{command.Errors}");
        var document = JsonDocument.Parse(command.Output).RootElement.Clone();
        string result = document.GetProperty("result").GetString()!;
        Assert.Equal(Words.IndexOf(result), command.Status.Code);
        return new(command, document, result, [.. document.GetProperty("refusals").EnumerateArray().Select(r => r.GetProperty("code").GetString()!)]);
    }

    /// <summary>It failed so: one sentence on standard error that names what is concerned, and for a refusal what can be done.</summary>
    public void ExpectFailure(string result, string? code, params ReadOnlySpan<string> named)
    {
        Assert.True(Result == result, Command.Output + Command.Errors);
        Assert.Equal(code is null ? [] : [code], Codes);
        string[] lines = Command.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string line = lines[0];
        Assert.Equal(code is null ? 1 : 2, lines.Length);
        Assert.All(lines[1..], l => Assert.StartsWith("  ", l, StringComparison.Ordinal));
        Assert.StartsWith(code is null ? "wfpatch: " : $"wfpatch: {code} ", line, StringComparison.Ordinal);
        Assert.EndsWith(".", line, StringComparison.Ordinal);
        foreach (string name in named)
        {
            Assert.Contains(name, line, StringComparison.Ordinal);
        }
    }
}
