// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Experiments.Views;
using Wfpatch.Lab.Servers;
using Wfpatch.Testing;

namespace Wfpatch.Lab.Experiments;

/// <summary>`lab servers`: each server of the distribution, patched while it serves.</summary>
/// <param name="Json">One JSON document on standard output instead of the table.</param>
internal sealed record ServersCommand(ServerSelection Selection, bool Json)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    internal static ImmutableArray<ILabServer> All { get; } = [new MemcachedLab(), new OpenLdapServer(), new ApacheServer(), new NodeServer(), new MariaDbServer()];

    /// <summary>Servers that the lab is to have, and why this version has them not.</summary>
    internal static ImmutableArray<(string Name, string Why)> Missing { get; } =
    [
        ("samba", "not in this version: its units are compiled by waf, which no dry run tells of, and its protocol wants a client of its own"),
    ];

    /// <returns>0 when every server that was asked for was patched while it served, and no request failed.</returns>
    internal async Task<int> RunAsync(CancellationToken cancel)
    {
        if (Selection.WhyNot() is { } why)
        {
            await Console.Error.WriteLineAsync($"lab: {why}");
            return 2;
        }
        List<ServerResult> results = [];
        foreach (ILabServer server in Selection.Servers)
        {
            ServerResult result = await RunAsync(server, Window, cancel);
            (await KeptServer.OfAsync(result, cancel)).Write(RepositoryRoot.Combine("lab", "results", Selection.Name, $"servers-{server.Name}.json"));
            results.Add(result);
        }
        bool isGood = results.TrueForAll(result => result.IsGood) && !Selection.Missing.Any();
        results.AddRange(Missing.Where(server => Selection.Asked.IsEmpty || Selection.Asked.Contains(server.Name)).Select(server => new ServerResult(server.Name, "", [server.Why])));
        Print([.. results]);
        return isGood ? 0 : 1;
    }

    /// <param name="window">How long the load runs between two steps.</param>
    internal static async Task<ServerResult> RunAsync(ILabServer server, TimeSpan window, CancellationToken cancel)
    {
        void Say(string line) => Console.Error.WriteLine($"lab: {server.Name}: {line}");
        try
        {
            Say("getting packages and making patches (the first time it takes minutes)");
            ServerKit kit = await server.PrepareAsync(cancel);
            return await new ServerFlow(server.Name, kit, window, Say).RunAsync(cancel);
        }
        catch (Exception problem) when (problem is InvalidOperationException or InvalidDataException or IOException or System.ComponentModel.Win32Exception or System.Net.Sockets.SocketException)
        {
            Say(problem.Message);
            return new(server.Name, "", [problem.Message.Split('\n')[0]]);
        }
    }

    private void Print(ImmutableArray<ServerResult> results)
    {
        if (Json)
        {
            Console.WriteLine(ServerResult.ToJson(results));
            return;
        }
        ReportOutput.Write(ServersTable.Render(results), ServersTable.About(results));
    }
}
