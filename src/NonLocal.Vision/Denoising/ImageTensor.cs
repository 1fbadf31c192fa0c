using NonLocal.Tensors;

namespace NonLocal.Vision.Denoising;

/// <summary>A tensor as a picture: [height, width, channels].</summary>
internal static class ImageTensor
{
    /// <summary>Refuses other shapes, and samples that are not finite.</summary>
    public static void Check(Tensor image)
    {
        if (image.Shape.Rank != 3 || image.Length == 0)
        {
            throw new ShapeException($"a picture of shape {image.Shape}, expected [height, width, channels], none of them 0.");
        }

        foreach (float sample in image.Span)
        {
            if (!float.IsFinite(sample))
            {
                throw new ArgumentException($"a sample of the picture is {sample}, expected finite numbers.", nameof(image));
            }
        }
    }
}
