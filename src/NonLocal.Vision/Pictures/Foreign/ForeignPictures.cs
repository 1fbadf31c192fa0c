using System.ComponentModel;
using System.Globalization;
using NonLocal.Formats;
using NonLocal.Vision.Processes;

namespace NonLocal.Vision.Pictures.Foreign;

/// <summary>A picture that ffmpeg decodes.</summary>
/// <param name="Bytes">The whole file.</param>
/// <param name="Header">What its first bytes say.</param>
internal readonly record struct ForeignPicture(ArraySegment<byte> Bytes, ForeignHeader Header)
{
    /// <summary>Bytes of the samples, [height, width, 3].</summary>
    public int SampleBytes => checked(Header.Width * Header.Height * 3);

    /// <summary>About what it takes of memory and of the disk while it is decoded.</summary>
    public long Weight => Bytes.Count + (long)SampleBytes;
}

/// <summary>Decodes pictures by ffmpeg, many in one process.</summary>
/// <remarks>
/// <para>
/// ffmpeg is a stranger's parser of strangers' files. It never sees the name of a user's file: the bytes are written into a folder of their
/// own, and each picture goes from file <c>N</c> to file <c>N.rgb</c>. It is told the format, may use no protocol but files, may take no
/// more pixels than the header says and no more memory than these justify, and is killed when it takes too long.
/// </para>
/// <para>
/// A picture never stands in another's place, because each has its own output, whose length is known. Where anything is wrong with a run
/// (its exit code, any complaint, a length), the pictures are halved until the bad ones are alone; what ffmpeg says of one of these is its
/// error.
/// </para>
/// </remarks>
internal sealed class ForeignPictures(ReadLimits limits)
{
    /// <summary>How many pictures share a process.</summary>
    public const int MostTogether = 64;

    /// <summary>At which weight pictures do not wait for more.</summary>
    public const long MostWeight = 128L << 20;

    // Decoders align sizes and keep some rows more.
    private const int MorePixels = 64;
    private const long MoreMemory = 64L << 20;
    private const int MemoryForPixel = 16;

    /// <summary>Decodes one picture.</summary>
    /// <exception cref="FileFormatException">It is corrupt.</exception>
    /// <exception cref="IOException">It takes too long.</exception>
    /// <exception cref="ProgramMissingException">ffmpeg is not installed.</exception>
    public Picture Read(ForeignPicture picture)
    {
        (_, Picture? decoded, IOException? problem) = ReadMany([picture]).Single();
        return decoded ?? throw problem!;
    }

    /// <summary>Decodes pictures; each comes once, or what is wrong with it.</summary>
    /// <exception cref="ProgramMissingException">ffmpeg is not installed.</exception>
    public IEnumerable<(int Place, Picture? Picture, IOException? Problem)> ReadMany(IReadOnlyList<ForeignPicture> pictures)
    {
        if (pictures.Count == 0)
        {
            yield break;
        }

        string folder = Directory.CreateTempSubdirectory("nonlocal-").FullName;
        try
        {
            for (int place = 0; place < pictures.Count; place++)
            {
                using FileStream file = new(Input(folder, place), FileMode.CreateNew);
                file.Write(pictures[place].Bytes);
            }

            Stack<Range> waiting = new();
            waiting.Push(Range.EndAt(pictures.Count));
            while (waiting.TryPop(out Range range))
            {
                (int first, int count) = range.GetOffsetAndLength(pictures.Count);
                IOException? problem = Decode(folder, pictures, first, count);
                if (problem is not null && count > 1)
                {
                    int middle = first + (count / 2);
                    waiting.Push(middle..(first + count));
                    waiting.Push(first..middle);
                    continue;
                }

                for (int place = first; place < first + count; place++)
                {
                    ForeignHeader header = pictures[place].Header;
                    Picture? picture = problem is null
                        ? new(header.Width, header.Height, 3, File.ReadAllBytes(Output(folder, place)))
                        : null;
                    File.Delete(Output(folder, place));
                    yield return (place, picture, problem);
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Input(string folder, int place) => Path.Combine(folder, place.ToString(CultureInfo.InvariantCulture));

    private static string Output(string folder, int place) => Input(folder, place) + ".rgb";

    private static List<string> Arguments(string folder, IReadOnlyList<ForeignPicture> pictures, int first, int count)
    {
        long pixels = 0;
        List<string> inputs = [];
        List<string> outputs = [];
        for (int i = 0; i < count; i++)
        {
            ForeignHeader header = pictures[first + i].Header;
            long most = (header.Width + MorePixels) * (long)(header.Height + MorePixels);
            pixels = Math.Max(pixels, most);
            inputs.AddRange(["-protocol_whitelist", "file,pipe", "-threads", "1", "-max_pixels", $"{most}"]);
            inputs.AddRange(["-f", header.Demuxer, "-i", Input(folder, first + i)]);
            outputs.AddRange(["-map", $"{i}:v:0", "-frames:v", "1", "-sws_flags", "bicubic+accurate_rnd+full_chroma_int"]);
            outputs.AddRange(["-pix_fmt", "rgb24", "-f", "rawvideo", "-y", Output(folder, first + i)]);
        }

        return
        [
            "-hide_banner", "-nostdin", "-v", "error", "-xerror", "-filter_threads", "1",
            "-max_alloc", $"{(pixels * MemoryForPixel) + MoreMemory}", .. inputs, .. outputs,
        ];
    }

    // Null where every picture of the run is whole. Taking too long says nothing certain about the file: the machine may be busy.
    private IOException? Decode(string folder, IReadOnlyList<ForeignPicture> pictures, int first, int count)
    {
        ChildExit exit = Run(Arguments(folder, pictures, first, count));
        string format = pictures[first].Header.Format;
        if (exit.Code is null)
        {
            return new IOException($"ffmpeg did not decode the {format} picture within {limits.MaximumTime.TotalSeconds} s");
        }

        if (exit.Complaints.Length > 0 || exit.Code != 0)
        {
            string complaints = exit.Complaints.Length > 0
                ? exit.Complaints.Replace(Input(folder, first), "the picture", StringComparison.Ordinal)
                : $"it ends with exit code {exit.Code} and says nothing, as for truncated files";
            return new FileFormatException($"ffmpeg cannot decode the {format} picture: {complaints}");
        }

        for (int place = first; place < first + count; place++)
        {
            FileInfo output = new(Output(folder, place));
            if (!output.Exists || output.Length != pictures[place].SampleBytes)
            {
                ForeignHeader header = pictures[place].Header;
                return new FileFormatException(
                    $"ffmpeg makes {(output.Exists ? output.Length : 0)} bytes of the {header.Format} picture, expected "
                    + $"{pictures[place].SampleBytes} for {header.Width} x {header.Height} pixels; the file is corrupt");
            }
        }

        return null;
    }

    private ChildExit Run(List<string> arguments)
    {
        try
        {
            using ChildProcess child = ChildProcess.Start(limits.FFmpeg, arguments, limits.MaximumTime);
            return child.Finish();
        }
        catch (Win32Exception error)
        {
            throw new ProgramMissingException(
                $"pictures other than PNG and JPEG are decoded by ffmpeg, and \"{limits.FFmpeg}\" is not there or cannot be run; "
                + "install ffmpeg (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg); PNG and JPEG need nothing",
                error);
        }
    }
}
