using System.CommandLine;
using System.Globalization;
using NonLocal.Cli.Rendering;
using NonLocal.Vision.Denoising;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Video;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal denoise IN OUT</c>.</summary>
internal sealed class DenoiseVerb : VerbCommand
{
    private readonly Argument<string> input = new("IN")
    {
        Description = "A picture (PNG, JPEG, with ffmpeg others), or a video: Y4M, a folder of frames, with ffmpeg MP4 and others.",
    };

    private readonly Argument<string> output = new("OUT")
    {
        Description = "The PNG file to write; for a video .y4m, a new folder of PNG files, or with ffmpeg .mp4, .mov, .mkv (no sound).",
    };

    private readonly Option<string> sigma = new("--sigma")
    {
        Description = "Standard deviation of the noise, for samples from 0 to 255; auto estimates it.",
        DefaultValueFactory = _ => "auto",
        HelpName = "S",
    };

    private readonly Option<double?> decay = new("--h")
    {
        Description = "How far apart patches may be and still count: weights fall as exp(-d^2/h^2). By default from the noise level.",
        HelpName = "H",
    };

    private readonly Option<int?> patch = new("--patch")
    {
        Description = "Patch radius f: patches have 2f+1 pixels on a side. By default from the noise level.",
        HelpName = "F",
    };

    private readonly Option<int?> search = new("--search")
    {
        Description = "Search radius r: windows have 2r+1 pixels on a side. By default from the noise level.",
        HelpName = "R",
    };

    private readonly Option<int?> frames = new("--frames")
    {
        Description = "How many frames before and after are searched too, in a video. By default 2.",
        HelpName = "T",
    };

    private readonly Option<bool> pixelwise = new("--pixelwise")
    {
        Description = "Average single pixels, not patches: faster, and leaves more noise.",
    };

    private readonly Option<bool> unclipped = new("--unclipped")
    {
        Description = "Take noise as equally strong everywhere, not as clipped at 0 and 255, where it is weaker and moves the mean.",
    };

    private readonly Option<string?> reference = new("--reference")
    {
        Description = "The clean picture or video: PSNR and SSIM before and after are shown.",
        HelpName = "CLEAN",
    };

    /// <summary>The verb.</summary>
    public DenoiseVerb()
        : base(
            "denoise",
            "Take noise out of a picture or a video by non-local means.",
            "nonlocal denoise noisy.png denoised.png",
            "nonlocal denoise noisy.png denoised.png --sigma 25 --reference clean.png --json",
            "nonlocal denoise noisy.mp4 denoised.mp4 --frames 3")
    {
        Arguments.Add(input);
        Arguments.Add(output);
        Options.Add(sigma);
        Options.Add(decay);
        Options.Add(patch);
        Options.Add(search);
        Options.Add(frames);
        Options.Add(pixelwise);
        Options.Add(unclipped);
        Options.Add(reference);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        string target = arguments.GetValue(output)!;
        double? level = NoiseLevel(arguments.GetValue(sigma)!);
        bool isPicture = target.EndsWith(".png", StringComparison.OrdinalIgnoreCase);
        if (!isPicture && !VideoWriter.IsNamedLikeOne(target))
        {
            throw new UsageException(
                $"{target}: cannot write this format; expected a name that ends in .png for a picture, or {VideoWriter.Expected}.");
        }

        if (isPicture && arguments.GetValue(frames) is not null)
        {
            throw new UsageException("--frames is for videos, and a name that ends in .png is that of a picture.");
        }

        Progress progress = new(terminal, json);
        DenoiseResult result;
        try
        {
            result = isPicture ? DenoisePicture(arguments, level, progress) : DenoiseFilm(arguments, level, progress);
        }
        finally
        {
            progress.Clear();
        }

        Show(result, terminal, json);
        return 0;
    }

    private DenoiseResult DenoisePicture(ParseResult arguments, double? level, Progress progress)
    {
        string target = arguments.GetValue(output)!;
        Picture noisy = PictureFile.Read(arguments.GetValue(input)!);
        Picture? clean = arguments.GetValue(reference) is { } path ? Clean(path, noisy) : null;
        NonLocalMeansOptions options = Settings(arguments, level ?? NoiseEstimate.Of(noisy, Scale(arguments)), noisy.Channels >= 3);
        Picture denoised = NonLocalMeans.Denoise(noisy, options, progress: progress.Report);
        PictureComparison before = new();
        PictureComparison after = new();
        if (clean is not null)
        {
            before.Add(noisy, clean);
            after.Add(denoised, clean);
        }

        Png.Write(target, denoised);
        return new(
            target, options.Sigma, options.Decay, options.PatchRadius, options.SearchRadius, null, before.Result(), after.Result());
    }

    private DenoiseResult DenoiseFilm(ParseResult arguments, double? level, Progress progress)
    {
        string target = arguments.GetValue(output)!;
        VideoWriter.CheckTarget(target);
        using VideoSource film = VideoFile.Open(arguments.GetValue(input)!);
        using VideoSource? clean = arguments.GetValue(reference) is { } path ? CleanFilm(path, film) : null;
        int radius = (int)Within("--frames", arguments.GetValue(frames) ?? 2, 0, (NonLocalMeans.MostFrames - 1) / 2);
        NonLocalMeansOptions options = Settings(arguments, level ?? NoiseEstimate.Of(film, Scale(arguments)), isColour: true);
        PictureComparison before = new();
        PictureComparison after = new();
        VideoWriter.Write(target, Frames(), film.Rate);
        return new(
            target, options.Sigma, options.Decay, options.PatchRadius, options.SearchRadius, film.Count, before.Result(), after.Result());

        IEnumerable<Picture> Frames()
        {
            using IEnumerator<Picture>? cleanFrames = clean?.Frames().GetEnumerator();
            int done = 0;
            foreach (DenoisedFrame frame in FilmDenoising.Run(film, options, radius))
            {
                if (cleanFrames?.MoveNext() == true)
                {
                    before.Add(frame.Noisy, cleanFrames.Current);
                    after.Add(frame.Denoised, cleanFrames.Current);
                }

                progress.Report(++done, film.Count);
                yield return frame.Denoised;
            }
        }
    }

    // Null: to be estimated.
    private static double? NoiseLevel(string word)
    {
        if (word == "auto")
        {
            return null;
        }

        bool isLevel = double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double level)
            && level is >= 0 and <= 255;
        return isLevel ? level : throw new UsageException($"--sigma is '{word}', expected auto or a number from 0 to 255.");
    }

    private NonLocalMeansOptions Settings(ParseResult arguments, double level, bool isColour)
    {
        NonLocalMeansOptions usual = NonLocalMeansOptions.ForNoise(level, isColour);
        return usual with
        {
            Decay = Within("--h", arguments.GetValue(decay) ?? usual.Decay, 1e-3, 1e6),
            PatchRadius = (int)Within("--patch", arguments.GetValue(patch) ?? usual.PatchRadius, 0, 50),
            SearchRadius = (int)Within("--search", arguments.GetValue(search) ?? usual.SearchRadius, 0, 1000),
            Aggregation = arguments.GetValue(pixelwise) ? Aggregation.Pixelwise : Aggregation.Patchwise,
            ClippedTo = Scale(arguments),
        };
    }

    // Where samples are taken as clipped.
    private SampleRange? Scale(ParseResult arguments) => arguments.GetValue(unclipped) ? null : SampleRange.Bytes;

    private static double Within(string option, double value, double least, double most) => value >= least && value <= most
        ? value
        : throw new UsageException(
            string.Create(CultureInfo.InvariantCulture, $"{option} is {value}, expected a number from {least} to {most}."));

    private static Picture Clean(string path, Picture noisy)
    {
        Picture clean = PictureFile.Read(path);
        return (clean.Width, clean.Height, clean.Channels >= 3) == (noisy.Width, noisy.Height, noisy.Channels >= 3)
            ? clean
            : throw new UsageException($"{path} is {Describe(clean)}, expected {Describe(noisy)} as the noisy picture is.");
    }

    private static string Describe(Picture picture) =>
        $"{picture.Width} x {picture.Height} {(picture.Channels < 3 ? "grey" : "colour")}";

    private static VideoSource CleanFilm(string path, VideoSource noisy)
    {
        VideoSource clean = VideoFile.Open(path);
        if ((clean.Width, clean.Height, clean.Count) == (noisy.Width, noisy.Height, noisy.Count))
        {
            return clean;
        }

        clean.Dispose();
        throw new UsageException($"{path} is {Describe(clean)}, expected {Describe(noisy)} as the noisy video is.");
    }

    private static string Describe(VideoSource film) => $"{film.Count} frames of {film.Width} x {film.Height}";

    private static void Show(DenoiseResult result, Terminal terminal, bool json)
    {
        if (json)
        {
            Results.Write(terminal, result, Results.Default.DenoiseResult);
            return;
        }

        terminal.Output.WriteLine(
            $"{result.Output}: noise {Figures.Fixed(result.Sigma, 2)}, h {Figures.Fixed(result.H, 2)}, "
            + $"patch radius {result.PatchRadius}, search radius {result.SearchRadius}"
            + (result.Frames is { } count ? $", {count} frames" : ""));
        if (result is { Before: { } before, After: { } after })
        {
            Grid grid = new(result.Frames is null ? "picture" : "video", ">PSNR, dB", ">SSIM");
            grid.Add("noisy", Cell(before.Psnr, 2), Cell(before.Ssim, 4));
            grid.Add("denoised", Cell(after.Psnr, 2), Cell(after.Ssim, 4));
            grid.Write(terminal);
        }
    }

    private static string Cell(double? value, int digits) => value is { } number ? Figures.Fixed(number, digits) : "-";
}
