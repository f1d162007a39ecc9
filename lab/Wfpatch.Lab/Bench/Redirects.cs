// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.X86;
using Wfpatch.Testing;
using Wfpatch.Testing.Redirects;

namespace Wfpatch.Lab.Bench;

/// <summary>Which functions of programs and libraries, as they are installed, can be redirected: each is planned alone, in a process
/// as the loader lays it out. Nothing is run. What is refused is listed in out/redirects-refused.txt.</summary>
internal sealed class Redirects : IMeasurement
{
    /// <summary>Percent of functions that may be refused.</summary>
    private const double Goal = 2;

    private static readonly ImmutableArray<(string File, string? Package)> Programs =
        [("memcached", null), ("apache2", "apache2-bin"), ("slapd", "slapd"), ("mariadbd", "mariadb-server-core"), ("node", null)];

    private static readonly ImmutableArray<(string File, string? Package)> Libraries =
    [
        .. InstalledBinary.Libraries.Select(name => (name, (string?)null)),
        ("libevent-2.1.so.7", null), ("libldap-2.5.so.0", "libldap-2.5-0"), ("libnode.so.108", "libnode108"),
        ("libsmbconf.so.0", "samba-libs"), ("libsamba-util.so.0", "samba-libs"), ("libsmbd-base-samba4.so.0", "samba-libs"),
    ];

    public string Name => "redirects";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        List<Figure> figures = [];
        List<string> refused = [];
        List<string> missing = [];
        ImmutableArray<string> libraries = await FindAsync(Libraries, missing, cancel);
        foreach (string path in await FindAsync(Programs, missing, cancel))
        {
            ProcessLayout layout = ProcessLayout.Of(path, libraries);
            figures.Add(Measure(layout.Program!, layout.Mapped(), refused, cancel));
        }
        ProcessLayout any = ProcessLayout.Of(null, libraries);
        figures.AddRange(any.Libraries.Select(library => Measure(library, any.Mapped(), refused, cancel)));
        figures.AddRange(missing.Select(Figure.NotInstalled));
        await File.WriteAllLinesAsync(RepositoryRoot.Combine("out", "redirects-refused.txt"), refused, cancel);
        return [.. figures];
    }

    private static async Task<ImmutableArray<string>> FindAsync(IEnumerable<(string File, string? Package)> wanted, List<string> missing, CancellationToken cancel)
    {
        List<string> found = [];
        foreach ((string file, string? package) in wanted)
        {
            if (await PackageFiles.FindAsync(file, package, cancel) is { } path)
            {
                found.Add(path);
            }
            else
            {
                missing.Add(file);
            }
        }
        return [.. found];
    }

    private static Figure Measure(InstalledBinary binary, ImmutableArray<AddressRange> mapped, List<string> refused, CancellationToken cancel)
    {
        const double KiBPerPage = 4;
        PlanTable table = new(binary.Name);
        long pages = 0;
        int parts = 0;
        foreach (AddressRange function in binary.Functions)
        {
            cancel.ThrowIfCancellationRequested();
            if (binary.Read(function) is not { } code)
            {
                table.AddUnreadable();
                continue;
            }
            (RedirectPlan? plan, Refusal? refusal) = RedirectPlanner.Plan("f", function, code, new(mapped, [], []), DispatchTrampoline.Length, binary.Range, RedirectMeans.All, binary.FindApproach);
            if (refusal is not null && binary.IsPart(function))
            {
                parts++;
                continue;
            }
            table.Add(plan, refusal);
            pages += plan is null ? 0 : new AddressSpaceMap(mapped, [], []).CountNewMemory(plan);
            if (refusal is not null)
            {
                refused.Add($"{binary.Name} {function.Start - binary.Bias} {function.Length} {refusal.Code} {string.Join("; ", CodeReader.Decode(code, function.Start).Take(2))}  {refusal.Sentence}");
            }
        }
        int oneByte = table.Count("one-byte");
        string tactics = string.Join(", ", RedirectPlanner.TacticNames.Select(t => $"{t} {Percent(table, table.Count(t))} ({table.Count(t)})"));
        string why = table.Refused.IsEmpty ? "none refused" : string.Join(", ", table.Refused.Select(r => $"{r.Code} {r.Count}"));
        string memory = string.Create(CultureInfo.InvariantCulture, $"{KiBPerPage * pages / Math.Max(1, table.Planned):f1} KiB for each");
        string without = parts == 0 ? "" : $"; without {parts} that are only jumped to";
        return new($"refused of {binary.Name}", "%", Math.Round(table.Percent(table.Total - table.Planned), 2), Math.Round(table.Percent(table.Total - oneByte), 2),
            "one byte alone", Goal, $"{table.Total} functions: {tactics}; {why}; {memory}{without}", []);
    }

    private static string Percent(PlanTable table, int count) => string.Create(CultureInfo.InvariantCulture, $"{table.Percent(count):f1} %");
}
