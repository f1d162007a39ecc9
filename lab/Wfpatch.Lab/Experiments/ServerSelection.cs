// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.ComponentModel;
using System.Net.Sockets;
using Wfpatch.Lab.Servers;

namespace Wfpatch.Lab.Experiments;

/// <summary>The servers that an experiment is to run on, and where what it measures is kept.</summary>
/// <param name="Asked">Names of servers; empty: all that this version has.</param>
/// <param name="Name">The folder below lab/results.</param>
internal sealed record ServerSelection(ImmutableArray<string> Asked, string Name)
{
    /// <summary>Where results are kept that nobody named.</summary>
    internal const string DefaultName = "local";

    internal IEnumerable<ILabServer> Servers => ServersCommand.All.Where(server => Asked.IsEmpty || Asked.Contains(server.Name));

    /// <summary>Those that were asked for, and that this version has not.</summary>
    internal IEnumerable<(string Name, string Why)> Missing => ServersCommand.Missing.Where(server => Asked.Contains(server.Name));

    /// <summary>Null: it can begin.</summary>
    internal string? WhyNot()
    {
        ImmutableArray<string> known = [.. ServersCommand.All.Select(server => server.Name), .. ServersCommand.Missing.Select(server => server.Name)];
        return Asked.FirstOrDefault(name => !known.Contains(name)) is { } unknown
            ? $"there is no '{unknown}'; there are {string.Join(", ", known)}."
            : WhyNotName(Name);
    }

    /// <summary>Null: results can be kept under that name.</summary>
    internal static string? WhyNotName(string name) => name.Length == 0 || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
        ? $"'{name}' is no name for results; take letters, digits, - and _."
        : null;

    /// <summary>One report for each server that was asked for.</summary>
    /// <param name="measureAsync">Measures one, and tells what it is doing.</param>
    /// <param name="notMeasured">The report of a server that could not be measured: its name, and why.</param>
    internal async Task<ImmutableArray<T>> MeasureAsync<T>(Func<ILabServer, Action<string>, Task<T>> measureAsync, Func<string, string, T> notMeasured)
    {
        List<T> reports = [];
        foreach (ILabServer server in Servers)
        {
            void Say(string line) => Console.Error.WriteLine($"lab: {server.Name}: {line}");
            try
            {
                reports.Add(await measureAsync(server, Say));
            }
            catch (Exception problem) when (problem is InvalidOperationException or InvalidDataException or IOException or Win32Exception or SocketException)
            {
                Say(problem.Message);
                reports.Add(notMeasured(server.Name, problem.Message.Split('\n')[0]));
            }
        }
        return [.. reports, .. Missing.Select(server => notMeasured(server.Name, server.Why))];
    }
}
