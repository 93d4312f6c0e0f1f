package v1

import (
	"fmt"

	"github.com/gin-gonic/gin"
)

// Document is the OpenAPI document of the face, the same as /openapi.json answers.
func Document() ([]byte, error) {
	gin.SetMode(gin.ReleaseMode)
	text, err := Mount(gin.New(), Options{}).api.OpenAPI().MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("write the document of the API: %w", err)
	}
	return text, nil
}
