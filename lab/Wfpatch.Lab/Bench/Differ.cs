// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Elf;
using Wfpatch.Testing.Packages;

namespace Wfpatch.Lab.Bench;

/// <summary>
/// How fast the differ compares the objects of a large C++ program, each with itself as if it were another file: LLVM's, which Debian ships as
/// static archives with a section for each function. Archives come and go one by one; their objects are compared on all processors.
/// </summary>
internal sealed class Differ : IMeasurement
{
    private const string Package = "llvm-14-dev";
    private const string Installed = "/usr/lib/llvm-14/lib";
    private const int Rounds = 3;

    public string Name => "differ";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        string? folder = Directory.Exists(Installed) ? Installed : (await UnpackedPackages.AloneAsync(Package, [Package], cancel)).Root + Installed;
        if (!Directory.Exists(folder))
        {
            return [Figure.NotMeasured("differ", $"the package {Package} cannot be had")];
        }
        ImmutableArray<string> archives = [.. Directory.EnumerateFiles(folder, "libLLVM*.a").Order(StringComparer.Ordinal)];
        Run(archives[..4], cancel); // code that is compiled when it is first called
        ImmutableArray<Work> whole = [.. Enumerable.Range(0, Rounds).Select(_ => Run(archives, cancel))];
        ImmutableArray<string> every4th = [.. archives.Where((_, i) => i % 4 == 0)];
        ImmutableArray<Work> part = [.. Enumerable.Range(0, Rounds).Select(_ => Run(every4th, cancel))];
        ImmutableArray<double> perMegabyte = [.. whole.Select(w => w.CpuSeconds / w.Megabytes * 1000)];
        double peak = PeakMegabytes();
        DifferBaselines beside = new(every4th);
        string size = string.Create(CultureInfo.InvariantCulture, $"{whole[0].Objects} objects, {whole[0].Megabytes:0.#} MB in {archives.Length} archives of {Package}");
        return
        [
            new("differ, objects a second", "", Math.Round(Statistics.Median(whole.Select(w => w.Objects / w.Seconds)), 1), null, "", null,
                $"{size}; {Statistics.Spread([.. whole.Select(w => w.Objects / w.Seconds)])}, wall clock", [.. whole.Select(w => w.Objects / w.Seconds)]),
            new("differ, MB a second", "", Math.Round(Statistics.Median(whole.Select(w => w.Megabytes / w.Seconds)), 2), null, "", null,
                $"{Statistics.Spread([.. whole.Select(w => w.Megabytes / w.Seconds)])}, wall clock", [.. whole.Select(w => w.Megabytes / w.Seconds)]),
            new("differ, processor time of a MB", "ms", Math.Round(Statistics.Median(perMegabyte), 1), Math.Round(Statistics.Median(part.Select(w => w.CpuSeconds / w.Megabytes * 1000)), 1),
                "a quarter of the archives: linear", null, Statistics.Spread(perMegabyte), perMegabyte),
            .. await beside.MeasureAsync(Statistics.Median(part.Select(w => w.CpuSeconds / w.Megabytes * 1000)), cancel),
            new("differ, most memory", "MB", peak, null, "", 1024, "resident, with everything that the lab is", []),
            Figure.MustBeZero("differ, objects that differ from themselves", whole.Sum(w => w.Differing), ""),
        ];
    }

    private static Work Run(ImmutableArray<string> archives, CancellationToken cancel)
    {
        int objects = 0;
        int differing = 0;
        long bytes = 0;
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        foreach (string archive in archives)
        {
            ReadOnlyMemory<byte> content = File.ReadAllBytes(archive);
            ImmutableArray<ArchiveMember> members = ArchiveFile.Parse(content, archive).Archive?.Members ?? [];
            Parallel.ForEach(members, new ParallelOptions { CancellationToken = cancel }, member =>
            {
                if (ElfFile.Parse(member.Bytes, member.Name).File is { } old && ElfFile.Parse(member.Bytes, member.Name).File is { } same)
                {
                    bool differs = ObjectDiffer.Compare(new UnitPair(member.Name, old, same)).Differences > 0;
                    Interlocked.Increment(ref objects);
                    Interlocked.Add(ref bytes, member.Bytes.Length);
                    Interlocked.Add(ref differing, differs ? 1 : 0);
                }
            });
        }
        return new(objects, bytes / 1e6, differing, Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
    }

    private static double PeakMegabytes() => Math.Round(Process.GetCurrentProcess().PeakWorkingSet64 / 1e6, 0);

    private readonly record struct Work(int Objects, double Megabytes, int Differing, double Seconds, double CpuSeconds);
}
