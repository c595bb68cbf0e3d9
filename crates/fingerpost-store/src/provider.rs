/// The service that stores the objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    S3,
    Gcs,
    Azure,
    Local,
    Other,
}

impl Provider {
    pub(crate) fn credentials_advice(self) -> &'static str {
        match self {
            Self::S3 => {
                "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, and the policy of the bucket"
            }
            Self::Gcs => "check GOOGLE_APPLICATION_CREDENTIALS, and the roles of the service account",
            Self::Azure => {
                "check AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY, and the roles of the account"
            }
            Self::Local | Self::Other => "check the credentials",
        }
    }
}
