// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Cases;

namespace Wfpatch.Lab.Fuzz;

/// <summary>What a program answers to one request after another.</summary>
internal static class FuzzAnswers
{
    /// <summary>Random programs may run for ever; one that takes longer than this is none to fuzz with.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    internal static ImmutableDictionary<string, string> Fresh(string keep) =>
        ImmutableDictionary<string, string>.Empty.Add("FUZZ_FRESH", "1").Add("FUZZ_KEEP", keep);

    internal static ImmutableDictionary<string, string> InOrder(string order) => ImmutableDictionary<string, string>.Empty.Add("FUZZ_ORDER", order);

    /// <exception cref="InvalidOperationException">It ended.</exception>
    /// <exception cref="TimeoutException">It did not answer in time.</exception>
    internal static async Task<string[]> AskAsync(string program, int count, ImmutableDictionary<string, string>? environment, CancellationToken cancel)
    {
        await using var driven = await DrivenProgram.StartAsync(program, Limit, environment, cancel);
        string[] answers = new string[count];
        for (int i = 0; i < count; i++)
        {
            answers[i] = await driven.DriveAsync(cancel);
        }
        return answers;
    }
}
