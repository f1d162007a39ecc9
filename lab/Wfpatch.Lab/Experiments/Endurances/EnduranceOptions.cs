// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Experiments.Endurances;

/// <summary>How often, under which load.</summary>
/// <param name="Cycles">How often the patch is applied and taken back.</param>
/// <param name="Connections">Of the load.</param>
/// <param name="RequestsPerSecond">All connections together.</param>
public sealed record EnduranceOptions(int Cycles, int Connections, double RequestsPerSecond)
{
    /// <summary>Cycles after which a server has all that it will ever need for patches.</summary>
    internal const int CyclesToSettle = 20;

    private const int OfMemcached = 10_000, OfOthers = 500;

    /// <param name="cycles">Null: as many as the server has where nothing is said.</param>
    internal static EnduranceOptions Of(string server, int? cycles) => new(cycles ?? (server == "memcached" ? OfMemcached : OfOthers), 8, 800);
}
