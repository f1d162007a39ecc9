// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Running;

/// <summary>What tests/targets/callbacks.c reports.</summary>
/// <param name="Broken">Registers that were not as before a point.</param>
/// <param name="Early">Whether the new version ran before the first callback was over.</param>
/// <param name="Called">How often, by kind: pre-apply, post-apply, pre-revert, post-revert.</param>
/// <param name="CalledIn">Which version its thread was in the last time.</param>
public sealed record CallbackReport(
    long Requests, long Old, long New, int Broken, int Early, int Limit, int Inside, ImmutableArray<ulong> Called, ImmutableArray<ulong> CalledIn)
{
    public static async Task<CallbackReport> OfAsync(TestTarget target) =>
        JsonSerializer.Deserialize<CallbackReport>(await target.AskAsync("report", TestContext.Current.CancellationToken), JsonSerializerOptions.Web)!;
}
